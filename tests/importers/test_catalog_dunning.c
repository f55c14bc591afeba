/* SPDX-License-Identifier: MIT */
/* Every fault of what a catalog file says of dunning and reminders, with the path and the words that name it.
 */
#include "tests/importers/faults.h"

TestSuite(catalog_dunning, .init = test_begin, .fini = test_end);

Test(catalog_dunning, attempts_days_declines_and_ends)
{
    static const struct fault faults[] = {
        {"'often'", ": an object is expected"},
        {"{'attempts':2,'days_between':2}", ".thresholds: at least one is expected"},
        {"{'thresholds':[],'attempts':2,'days_between':2}", ".thresholds: at least one is expected"},
        {"{'thresholds':[{}],'attempts':2,'days_between':2}", ".thresholds[0].amount: a value is missing"},
        {"{'thresholds':[{'amount':'0.00','currency':'EUR'}],'attempts':2,'days_between':2}",
         ".thresholds[0].amount: more than nothing is expected"},
        {"{'thresholds':[{'amount':'1.00','currency':'EUR'},{'amount':'2.00','currency':'EUR'}],"
         "'attempts':2,'days_between':2}",
         ".thresholds[1].currency: this currency stands there twice"},
        {"{'thresholds':[{'amount':'1.00','currency':'EUR'}],'days_between':2}",
         ".attempts: 1 to 15 is expected"},
        {"{'thresholds':[{'amount':'1.00','currency':'EUR'}],'attempts':16,'days_between':2}",
         ".attempts: 1 to 15 is expected"},
        {"{'thresholds':[{'amount':'1.00','currency':'EUR'}],'attempts':2}",
         ".days_between: a value is missing"},
        {"{'thresholds':[{'amount':'1.00','currency':'EUR'}],'attempts':2,'days_between':91}",
         ".days_between: at most 90 is expected"},
        {"{'thresholds':[{'amount':'1.00','currency':'EUR'}],'attempts':2,'days_between':2,'days':1}",
         ".days: there is no such member"},
    };
    REFUSED("{'products':[" PRO "],'dunning':%s}", "dunning", faults);
    static const struct fault of_days[] = {
        {"'schedule':3", ".schedule: a list is expected"},
        {"'schedule':[]", ".schedule: at least one is expected"},
        {"'schedule':[0]", ".schedule[0]: a number of days after the due date is expected, 1 to 365"},
        {"'schedule':[1,366]", ".schedule[1]: a number of days after the due date is expected, 1 to 365"},
        {"'schedule':['1']", ".schedule[0]: a number of days after the due date is expected, 1 to 365"},
        {"'schedule':[1.5]", ".schedule[0]: a number of days after the due date is expected, 1 to 365"},
        {"'schedule':[1,3,3]", ".schedule[2]: a later day than the one before is expected"},
        {"'schedule':[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]", ".schedule: more than 15 of them"},
        {"'schedule':[1,3],'attempts':2", ".attempts: the schedule says how many there are"},
        {"'schedule':[1,3],'days_between':0", ".days_between: the schedule says on which days"},
        {"'schedule':[1],'weekdays':[]", ".weekdays: at least one is expected"},
        {"'schedule':[1],'weekdays':['Monday']",
         ".weekdays[0]: mon, tue, wed, thu, fri, sat or sun is expected"},
        {"'schedule':[1],'weekdays':['mon','mon']", ".weekdays[1]: this weekday stands there twice"},
    };
    REFUSED("{'products':[" PRO "],'dunning':{'thresholds':[{'amount':'1.00','currency':'EUR'}],%s}}",
            "dunning", of_days);
    taken("{'products':[" PRO "],'dunning':{'thresholds':[{'amount':'1.00','currency':'EUR'}],"
          "'schedule':[1,3,5,7,10,14],'weekdays':['mon','fri']}}");
    static const struct fault of_declines[] = {
        {"'declines':{}", ".declines: a list is expected"},
        {"'declines':[]", ".declines: at least one is expected"},
        {"'declines':['lost_card']", ".declines[0]: an object is expected"},
        {"'declines':[{'codes':['x']}]", ".declines[0].action: a value is missing"},
        {"'declines':[{'action':'retry'}]", ".declines[0].codes: codes or an advice are expected"},
        {"'declines':[{'codes':[],'action':'retry'}]", ".declines[0].codes: at least one is expected"},
        {"'declines':[{'codes':'x','action':'retry'}]", ".declines[0].codes: a list is expected"},
        {"'declines':[{'codes':['x',''],'action':'ask'}]",
         ".declines[0].codes[1]: a decline code is expected"},
        {"'declines':[{'codes':[7],'action':'ask'}]", ".declines[0].codes[0]: a decline code is expected"},
        {"'declines':[{'code':'x','action':'ask'}]", ".declines[0].code: there is no such member"},
        {"'declines':[{'codes':['x'],'weekdays':['mon'],'action':'ask'}]",
         ".declines[0].weekdays: there is no such member"},
        {"'codes':['x']", ".codes: there is no such member"},
        {"'at_end':'downgrade'", ".at_end: there is no free tier to go to"},
    };
    REFUSED("{'products':[" PRO
            "],'dunning':{'thresholds':[{'amount':'1.00','currency':'EUR'}],'schedule':[1],%s}}",
            "dunning", of_declines);
    taken("{'products':[" PRO "],'dunning':{'thresholds':[{'amount':'1.00','currency':'EUR'}],'schedule':[1],"
          "'declines':[{'codes':['do_not_honor','card_declined'],'action':'stop'},"
          "{'advice':'try_again_later','action':'retry'}]}}");
    taken("{'products':[" PRO "],'dunning':{'thresholds':[{'amount':'1.00','currency':'EUR'},"
          "{'amount':'100','currency':'JPY'}],'attempts':1,'days_between':0}}");
}

#define IN_TEMPLATES                                                                                      \
    "{'products':[" PRO "],'dunning':{'thresholds':[{'amount':'1.00','currency':'EUR'}],'schedule':[1],'" \
    "templates':[{'name':'t','subject':'s','body':['b']}%s]}}"
#define IN_REMINDERS                                                                                      \
    "{'products':[" PRO "],'dunning':{'thresholds':[{'amount':'1.00','currency':'EUR'}],'schedule':[1],'" \
    "templates':[{'name':'t','subject':'s','body':['b']}],'reminders':[%s]}}"

Test(catalog_dunning, reminders_and_their_templates)
{
    static const struct fault of_templates[] = {
        {",7", "[1]: an object is expected"},
        {",{'subject':'s','body':['b']}", "[1].name: a value is missing"},
        {",{'name':'u','body':['b']}", "[1].subject: a value is missing"},
        {",{'name':'u','subject':'s'}", "[1].body: a list of lines is expected"},
        {",{'name':'u','subject':'s','body':'b'}", "[1].body: a list is expected"},
        {",{'name':'u','subject':'s','body':[]}", "[1].body: at least one is expected"},
        {",{'name':'u','subject':'s','body':['b',1]}", "[1].body[1]: a line of text is expected"},
        {",{'name':'t','subject':'s','body':['b']}", "[1].name: this name stands there twice"},
        {",{'name':'u','subject':'{name}','body':['b']}", "[1].subject: there is no placeholder '{name}'"},
        {",{'name':'u','subject':'s','body':['{amount}','{due']}", "[1].body[1]: a placeholder has no end"},
        {",{'name':'u','subject':'s','body':['b'],'html':'b'}", "[1].html: there is no such member"},
    };
    REFUSED(IN_TEMPLATES, "dunning.templates", of_templates);
    static const struct fault faults[] = {
        {"", ": at least one is expected"},
        {"7", "[0]: an object is expected"},
        {"{'template':'t'}", "[0].on: due, failed, declined, ask, before_end, ended or 1 to 365 days after "
                             "the due date is expected"},
        {"{'on':0,'template':'t'}", "[0].on: due, failed, declined, ask, before_end, ended or 1 to 365 days "
                                    "after the due date is expected"},
        {"{'on':'overdue','template':'t'}", "[0].on: due, failed, declined, ask, before_end, ended or 1 to "
                                            "365 days after the due date is expected"},
        {"{'on':'due'}", "[0].template: a value is missing"},
        {"{'on':'due','template':'u'}", "[0].template: there is no template of this name"},
        {"{'on':3,'days':3,'template':'t'}", "[0].days: there is no such member"},
        {"{'on':3,'template':'t'},{'on':'due','template':'t'},{'on':3,'template':'t'}",
         "[2].on: this stands there twice"},
    };
    REFUSED(IN_REMINDERS, "dunning.reminders", faults);
    taken("{'products':[" PRO "],'dunning':{'thresholds':[{'amount':'1.00','currency':'EUR'}],'schedule':[1],"
          "'templates':[{'name':'t','subject':'{invoice}','body':['','{customer} {amount} {due} {attempt} "
          "{attempts} "
          "{next}']}],'reminders':[{'on':'due','template':'t'},{'on':365,'template':'t'},{'on':'ask','"
          "template':'t'},"
          "{'on':'declined','template':'t'},{'on':'before_end','template':'t'},{'on':'ended','template':'t'}]"
          "}}");
}
