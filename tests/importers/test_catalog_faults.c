/* SPDX-License-Identifier: MIT */
/* Every fault of a catalog file, with the path and the words that name it. */
#include "importers/catalog.h"
#include "importers/importers.h"
#include "tests/importers/faults.h"

TestSuite(catalog_faults, .init = test_begin, .fini = test_end);

#define BASIC    "{'code':'basic','name':'Basic','prices':[" PRICE "]}"
#define SEATS    "{'code':'seats','name':'Seats','kind':'add_on','prices':[" PRICE "]}"
#define IN_FILE  "{'products':[" BASIC "," PRO "," SEATS "],%s}"
#define PRODUCT  "{'products':[" PRO ",%s]}"
#define IN_PROD  "{'products':[{'code':'x','name':'X',%s,'prices':[" PRICE "]}]}"
#define IN_PRICE "{'products':[{'code':'x','name':'X','prices':[%s]}]}"
#define MEMBERS                                                                                              \
    "{'products':[{'code':'x','name':'X','prices':[{'currency':'USD','interval':'month','amount':'1',%s}]}]" \
    "}"
#define IN_RATE                                                                                         \
    "{'products':[{'code':'x','name':'X','prices':[{'currency':'USD','interval':'month','amount':'1','" \
    "rates':[%s]}]}]}"
#define IN_FEE                                                                                               \
    "{'products':[{'code':'x','name':'X','prices':[{'currency':'USD','interval':'month','amount':'1','fees'" \
    ":[%s]}]}]}"
#define ADD_ON "{'products':[" PRO ",{'code':'x','name':'X','kind':'add_on',%s}]}"
#define FREE \
    "{'products':[{'code':'x','name':'X','free':true,'prices':[{'currency':'USD','interval':'month',%s}]}]}"

Test(catalog_faults, the_file)
{
    static const struct fault faults[] = {
        {"[]", "a JSON object is expected"},
        {"{", "not valid JSON, at or before byte 1"},
        {"{'name':'x',\n 'products':[],\n 'name':'y'}",
         "not valid JSON: a member stands twice in its object, the second time on line 3"},
        {"{'products':[]}", "products: a list of at least one product is expected"},
        {"{'products':{}}", "products: a list of at least one product is expected"},
        {"{'product':[]}", "there is no member 'product'"},
        {"{'name':['x']}", "name: a string is expected"},
        {"{'from':'2025-02-30'}", "from: date '2025-02-30': there is no such day"},
        {"{'products':[3]}", "products[0]: an object is expected"},
    };
    REFUSED("%s", "", faults);
}

Test(catalog_faults, products)
{
    static const struct fault faults[] = {
        {"{'name':'x'}", "code: a value is missing"},
        {"{'code':'x'}", "name: a value is missing"},
        {"{'code':'x','name':'X','rank':-1}", "rank: a whole number from 0 is expected"},
        {"{'code':'x','name':'X','price':1}", "price: there is no such member"},
        {"{'code':'x','name':'X','kind':'plans'}", "kind: 'plans' is not one of plan, add_on"},
        {"{'code':'x','name':'X'}", "prices: a value is missing"},
        {"{'code':'x','name':'X','prices':{}}", "prices: a list is expected"},
        {"{'code':'x','name':'X','prices':[]}", "prices: a product needs at least one price"},
        {"{'code':'pro','name':'X','prices':[" PRICE "]}", "code: this code stands there twice"},
        {"{'code':'x','name':'X','kind':'add_on','free':true}",
         "free: an add-on belongs to a plan, and only plans are free"},
        {"{'code':'x','name':'X','features':[{'code':'a'},{'code':'jobs'}],'prices':[{'currency':'USD','"
         "interval':'month',"
         "'amount':'1','rates':[{'usage_type':'jobs','unit_price':'1'}]}]}",
         "features[1].code: this product has a usage type of that name"},
        {"{'code':'x','name':'X','description':'card 4242 4242 4242 4242'}",
         "description: card numbers and security codes are never accepted"},
        {"{'code':'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg','name':'X'}",
         "code: 65 bytes are more than the limit of 64"},
    };
    REFUSED(PRODUCT, "products[1].", faults);
}

Test(catalog_faults, features)
{
    static const struct fault faults[] = {
        {"'features':{}", "features: a list is expected"},
        {"'features':[{}]", "features[0].code: a value is missing"},
        {"'features':[{'code':'a','kind':'on'}]", "features[0].kind: 'on' is not one of flag, limit, text"},
        {"'features':[{'code':'a'},{'code':'a'}]", "features[1].code: this code stands there twice"},
        {"'features':[{'code':'a','limit':5}]", "features[0].limit: the kind of this feature is not limit"},
        {"'features':[{'code':'a','unlimited':true}]",
         "features[0].unlimited: the kind of this feature is not limit"},
        {"'features':[{'code':'a','text':'x'}]", "features[0].text: the kind of this feature is not text"},
        {"'features':[{'code':'a','kind':'text'}]", "features[0].text: a value is missing"},
        {"'features':[{'code':'a','kind':'limit'}]", "features[0].limit: a value is missing"},
        {"'features':[{'code':'a','kind':'limit','limit':1,'unlimited':true}]",
         "features[0].limit: what is unlimited has no limit"},
        {"'features':[{'code':'a','kind':'limit','limit':-1}]",
         "features[0].limit: a limit cannot be negative"},
    };
    REFUSED(IN_PROD, "products[0].", faults);
}

Test(catalog_faults, prices)
{
    static const struct fault faults[] = {
        {"3", ": an object is expected"},
        {"{'interval':'month','amount':'1'}", ".currency: a value is missing"},
        {"{'currency':'XXQ','interval':'month','amount':'1'}",
         ".currency: currency 'XXQ': not a code of ISO 4217"},
        {"{'currency':'USD','interval':'month'}", ".amount: a value is missing"},
        {"{'currency':'USD','amount':'1'}", ".interval: a value is missing"},
        {"{'currency':'USD','interval':'months','amount':'1'}",
         ".interval: day, week, month, quarter, half_year or year is expected"},
        {"{'currency':'USD','interval':'default','amount':'1'}",
         ".interval: day, week, month, quarter, half_year or year is expected"},
        {"{'currency':'USD','interval':'month','interval_count':0,'amount':'1'}",
         ".interval_count: a whole number from 1 to 1000 is expected"},
        {"{'currency':'USD','interval':'month','interval_count':1.5,'amount':'1'}",
         ".interval_count: number '1.5': not a whole number in digits"},
        {"{'currency':'USD','interval':'month','amount':'-1'}", ".amount: a price cannot be negative"},
        {"{'currency':'JPY','interval':'month','amount':'1.5'}",
         ".amount: amount '1.5': too many decimals for JPY"},
        {"{'currency':'USD','interval':'month','custom':true,'amount':'5'}",
         ".amount: a custom price is agreed per customer"},
        {"{'currency':'USD','interval':'month','custom':1,'amount':'5'}",
         ".custom: true or false is expected"},
        {"{'currency':'USD','unit':'month','amount':'5'}", ".unit: there is no such member"},
        {"{'currency':'USD','interval':'month','product':'x','amount':'5'}",
         ".product: there is no such member"},
    };
    REFUSED(IN_PRICE, "products[0].prices[0]", faults);
    static const struct fault twice[] = {
        {PRICE "," PRICE, ": a price for this currency and interval is there already"}};
    REFUSED(IN_PRICE, "products[0].prices[1]", twice);
}

Test(catalog_faults, how_a_price_is_charged)
{
    static const struct fault faults[] = {
        {"'in_arrears':'yes'", "in_arrears: true or false is expected"},
        {"'proration':'hour'", "proration: 'hour' is not one of day, second, none"},
        {"'fixed_days':0", "fixed_days: 1 to the days of the longest period is expected"},
        {"'fixed_days':32", "fixed_days: 1 to the days of the longest period is expected"},
        {"'fixed_days':30,'proration':'none'", "fixed_days: nothing is prorated"},
        {"'alignment':'calendar','interval_count':5",
         "alignment: no period of the calendar: a week, a month or months that a year is a multiple of, or a "
         "year is expected"},
        {"'trial_days':731", "trial_days: more than 730 days"},
        {"'trial_end':'cancel'", "trial_end: there are no trial_days"},
        {"'trial_without_method':true", "trial_without_method: there are no trial_days"},
        {"'trial_days':7,'trial_end':'stop'", "trial_end: 'stop' is not one of convert, cancel, pause"},
        {"'commitment':'-1'", "commitment: an amount cannot be negative"},
        {"'commitment':'1.005'", "commitment: amount '1.005': too many decimals for USD"},
        {"'commitment':'1','commitment_currency':'EUR'", "commitment: the currency is not that of the price"},
        {"'commitment':5", "commitment: write amounts as strings, e.g. \"29.00\""},
    };
    REFUSED(MEMBERS, "products[0].prices[0].", faults);
}

Test(catalog_faults, what_is_free_stays_free)
{
    static const struct fault faults[] = {
        {"'amount':'1'", "amount: a free product costs nothing"},
        {"'custom':true", "amount: a free product costs nothing"},
        {"'amount':'0','rates':[{'usage_type':'t','unit_price':'1'}]",
         "rates: a free product bills no usage"},
        {"'amount':'0','fees':[{'code':'a','name':'A','unit_price':'1'}]",
         "fees: a free product has no fees"},
        {"'amount':'0','commitment':'5'", "commitment: a free product costs nothing"},
        {"'amount':'0','trial_days':5", "trial_days: a free product needs no trial"},
    };
    REFUSED(FREE, "products[0].prices[0].", faults);
}

Test(catalog_faults, an_add_on_goes_with_its_plan)
{
    static const struct fault faults[] = {
        {"'prices':[" PRICE ",{'currency':'EUR','interval':'month','amount':'1'}]",
         "[1]: no plan has a price for this currency and interval"},
        {"'prices':[{'currency':'USD','interval':'year','amount':'1'}]",
         "[0]: no plan has a price for this currency and interval"},
        {"'prices':[{'currency':'USD','interval':'month','amount':'1','trial_days':3}]",
         "[0].trial_days: an add-on has the trial of its plan"},
        {"'prices':[{'currency':'USD','interval':'month','amount':'1','alignment':'calendar'}]",
         "[0].alignment: an add-on has the periods of its plan"},
        {"'prices':[{'currency':'USD','interval':'month','amount':'1','commitment':'5'}]",
         "[0].commitment: an add-on counts for the commitment of its plan"},
    };
    REFUSED(ADD_ON, "products[1].prices", faults);
}

Test(catalog_faults, rates)
{
    static const struct fault faults[] = {
        {"{'included':'5'}", "[0].usage_type: a value is missing"},
        {"{'usage_type':'t','included':'-5'}", "[0].included: cannot be negative"},
        {"{'usage_type':'t','unit_price':'-5'}", "[0].unit_price: cannot be negative"},
        {"{'usage_type':'t','billed':true}", "[0].unit_price: a value is missing"},
        {"{'usage_type':'t','billed':false,'unit_price':'1'}",
         "[0].billed: a price is given, but it is not billed"},
        {"{'usage_type':'t','billed':false,'model':'flat'}",
         "[0].model: flat is said, but nothing is billed"},
        {"{'usage_type':'t','minimum':'5'}", "[0].minimum: nothing is billed"},
        {"{'usage_type':'t','in_advance':true}", "[0].in_advance: nothing is billed"},
        {"{'usage_type':'t','unlimited':true,'included':'1'}",
         "[0].included: what is unlimited includes no number"},
        {"{'usage_type':'t','unlimited':true,'unit_price':'1'}",
         "[0].unlimited: what is unlimited cannot be billed by the unit"},
        {"{'usage_type':'t'},{'usage_type':'t'}", "[1].usage_type: this usage type stands there twice"},
        {"{'usage_type':'t','unit_price':'1','minimum':'0.001'}",
         "[0].minimum: amount '0.001': too many decimals for USD"},
        {"{'usage_type':'t','unit_price':'1','minimum':'9','maximum':'5'}",
         "[0].minimum: is more than the maximum"},
        {"{'usage_type':'t','unit_price':'1','name':'card 4242 4242 4242 4242'}",
         "[0].name: card numbers and security codes are never accepted"},
    };
    REFUSED(IN_RATE, "products[0].prices[0].rates", faults);
}

Test(catalog_faults, pricing_models)
{
    static const struct fault faults[] = {
        {"{'usage_type':'t','model':'tiered'}",
         "model: 'tiered' is not one of per_unit, graduated, volume, package, stairstep, percentage, flat"},
        {"{'usage_type':'t','model':'per_unit','unit_price':'1','tiers':[{'flat':'1'}]}",
         "tiers: per_unit has no such member"},
        {"{'usage_type':'t','unit_price':'1','package_size':10}",
         "package_size: per_unit has no such member"},
        {"{'usage_type':'t','unit_price':'1','skip_zero':true}", "skip_zero: per_unit has no such member"},
        {"{'usage_type':'t','model':'graduated'}", "tiers: graduated needs at least one"},
        {"{'usage_type':'t','model':'graduated','unit_price':'1'}",
         "unit_price: graduated has no such member"},
        {"{'usage_type':'t','model':'graduated','tiers':[{'unit_price':'1'},{'unit_price':'2'}]}",
         "tiers[0].up_to: only the last tier has no end"},
        {"{'usage_type':'t','model':'graduated','tiers':[{'up_to':5,'unit_price':'1'}]}",
         "tiers[0].up_to: the last tier has no end"},
        {"{'usage_type':'t','model':'graduated','tiers':[{'up_to':5,'flat':1},{'up_to':5,'flat':1},{'flat':1}"
         "]}",
         "tiers[1].up_to: is not above the bound of the tier before"},
        {"{'usage_type':'t','model':'graduated','tiers':[{'up_to':'0','flat':1},{'flat':1}]}",
         "tiers[0].up_to: only the last tier goes on without end"},
        {"{'usage_type':'t','model':'volume','tiers':[{'up_to':5},{'flat':1}]}",
         "tiers[0].unit_price: a value is missing"},
        {"{'usage_type':'t','model':'volume','tiers':[{'unit_price':'-1'}]}",
         "tiers[0].unit_price: cannot be negative"},
        {"{'usage_type':'t','model':'volume','tiers':[{'flat':1,'block':10}]}",
         "tiers[0].block: there is no unit_price for it"},
        {"{'usage_type':'t','model':'volume','tiers':[{'price':1}]}",
         "tiers[0].price: there is no such member"},
        {"{'usage_type':'t','model':'stairstep','tiers':[{'unit_price':1}]}",
         "tiers[0].unit_price: stairstep has flat amounts only"},
        {"{'usage_type':'t','model':'stairstep','tiers':[{}]}", "tiers[0].flat: a value is missing"},
        {"{'usage_type':'t','model':'package','unit_price':'5'}",
         "package_size: more than nothing is wanted"},
        {"{'usage_type':'t','model':'package','package_size':10}", "unit_price: a value is missing"},
        {"{'usage_type':'t','model':'percentage'}", "percent: a percent or an event_fee is missing"},
        {"{'usage_type':'t','model':'percentage','percent':'100.1'}", "percent: 0 to 100 is expected"},
        {"{'usage_type':'t','model':'percentage','event_fee':'-1'}", "event_fee: cannot be negative"},
        {"{'usage_type':'t','model':'flat'}", "unit_price: a value is missing"},
        {"{'usage_type':'t','model':'flat','unit_price':1,'percent':1}", "percent: flat has no such member"},
    };
    REFUSED(IN_RATE, "products[0].prices[0].rates[0].", faults);
}

Test(catalog_faults, fees)
{
    static const struct fault faults[] = {
        {"{'name':'A','unit_price':1}", "[0].code: a value is missing"},
        {"{'code':'a','unit_price':1}", "[0].name: a value is missing"},
        {"{'code':'a','name':'A'}", "[0].unit_price: a value is missing"},
        {"{'code':'a','name':'A','unit_price':-1}", "[0].unit_price: cannot be negative"},
        {"{'code':'a','name':'A','unit_price':1,'included':2}",
         "[0].included: seats are included, but it is not per_seat"},
        {"{'code':'a','name':'A','model':'volume','tiers':[{'flat':1}]}", "[0].model: volume needs per_seat"},
        {"{'code':'a','name':'A','model':'percentage','per_seat':true}",
         "[0].model: a fee is not a percentage of a usage"},
        {"{'code':'a','name':'A','model':'volume','per_seat':true}", "[0].tiers: volume needs at least one"},
        {"{'code':'a','name':'A','unit_price':1},{'code':'a','name':'B','unit_price':1}",
         "[1].code: this code stands there twice"},
    };
    REFUSED(IN_FEE, "products[0].prices[0].fees", faults);
}

Test(catalog_faults, metrics)
{
    static const struct fault faults[] = {
        {"'metrics':5", ": a list is expected"},
        {"'metrics':[{'aggregation':'sum'}]", "[0].usage_type: a value is missing"},
        {"'metrics':[{'usage_type':'t','aggregation':'average'}]",
         "[0].aggregation: 'average' is not one of sum, max, last, unique, time_weighted"},
        {"'metrics':[{'usage_type':'t'},{'usage_type':'t'}]",
         "[1].usage_type: this usage type stands there twice"},
    };
    REFUSED(IN_FILE, "metrics", faults);
}

Test(catalog_faults, coupons)
{
    static const struct fault faults[] = {
        {"{'percent':'10'}", "[0].code: a value is missing"},
        {"{'code':'A'}", "[0].percent: a percent or an amount is missing"},
        {"{'code':'A','percent':'10','amount':'5','currency':'USD'}",
         "[0].amount: a percent is given already"},
        {"{'code':'A','percent':'0'}", "[0].percent: more than 0 and at most 100 is expected"},
        {"{'code':'A','percent':'100.01'}", "[0].percent: more than 0 and at most 100 is expected"},
        {"{'code':'A','amount':'5'}", "[0].amount: the amount has no currency: add the member \"currency\""},
        {"{'code':'A','amount':'0','currency':'USD'}", "[0].amount: more than nothing is expected"},
        {"{'code':'A','percent':'5','duration':'always'}",
         "[0].duration: 'always' is not one of once, repeating, forever"},
        {"{'code':'A','percent':'5','duration':'repeating'}", "[0].times: a number of invoices is missing"},
        {"{'code':'A','percent':'5','times':3}",
         "[0].times: only the duration repeating has a number of invoices"},
        {"{'code':'A','percent':'5','product':'prox'}", "[0].product: there is no product with this code"},
        {"{'code':'A','percent':'5','valid_until':'soon'}",
         "[0].valid_until: date 'soon': not in the form YYYY-MM-DD"},
        {"{'code':'A','percent':'5'},{'code':'A','percent':'6'}", "[1].code: this code stands there twice"},
    };
    REFUSED("{'products':[" PRO "],'coupons':[%s]}", "coupons", faults);
}

Test(catalog_faults, taxes)
{
    static const struct fault faults[] = {
        {"{'name':'VAT','country':'IE','percent':'23'}", "[0].code: a value is missing"},
        {"{'code':'v','country':'IE','percent':'23'}", "[0].name: a value is missing"},
        {"{'code':'v','name':'VAT','percent':'23'}", "[0].country: a value is missing"},
        {"{'code':'v','name':'VAT','country':'Ireland','percent':'23'}",
         "[0].country: country 'Ireland': not a code of ISO 3166-1; is 'IE' meant?"},
        {"{'code':'v','name':'VAT','country':'UK','percent':'20'}",
         "[0].country: country 'UK': not a code of ISO 3166-1; is 'GB' meant?"},
        {"{'code':'v','name':'VAT','country':'IE'}", "[0].percent: a value is missing"},
        {"{'code':'v','name':'VAT','country':'IE','percent':'-1'}", "[0].percent: 0 to 1000 is expected"},
        {"{'code':'v','name':'VAT','country':'IE','percent':'1000.5'}", "[0].percent: 0 to 1000 is expected"},
        {"{'code':'v','name':'VAT','country':'IE','percent':'23','from':'2025-01-01','until':'2025-01-01'}",
         "[0].until: a day after the first one is expected"},
        {"{'code':'v','name':'VAT','country':'IE','percent':'0'}",
         "[0].category: a value is missing: Z, E, AE, K, G or O where nothing is due"},
        {"{'code':'v','name':'VAT','country':'IE','percent':'0','category':'S'}",
         "[0].category: S has more than 0 percent"},
        {"{'code':'v','name':'VAT','country':'IE','percent':'5','category':'E'}",
         "[0].category: only S has more than 0 percent"},
        {"{'code':'v','name':'VAT','country':'IE','percent':'5','category':'X'}",
         "[0].category: S, Z, E, AE, K, G or O is expected"},
        {"{'code':'v','name':'VAT','country':'IE','percent':'23'},{'code':'v','name':'VAT','country':'DE','"
         "percent':'19'}",
         "[1].code: this code names a tax of another place or for other products"},
        {"{'code':'v','name':'VAT','country':'DE','percent':'19'},"
         "{'code':'v','name':'VAT','country':'DE','percent':'16','from':'2020-07-01','until':'2021-01-01'}",
         "[1].from: another tax of this code is valid at that time"},
        {"{'code':'v','name':'VAT','country':'DE','percent':'19','until':'2020-07-02'},"
         "{'code':'v','name':'VAT','country':'DE','percent':'16','from':'2020-07-01'}",
         "[1].from: another tax of this code is valid at that time"},
    };
    REFUSED("{'products':[" PRO "],'taxes':[%s]}", "taxes", faults);
}

Test(catalog_faults, taxes_that_follow_each_other_are_none)
{
    taken("{'products':[" PRO "],'taxes':["
          "{'code':'v','name':'VAT','country':'DE','percent':'19','until':'2020-07-01'},"
          "{'code':'v','name':'VAT','country':'DE','percent':'16','from':'2020-07-01','until':'2021-01-01'},"
          "{'code':'v','name':'VAT','country':'DE','percent':'19','from':'2021-01-01'}]}");
}

Test(catalog_faults, rules)
{
    static const struct fault faults[] = {
        {"{'from':'prox','when':'now'}", "[0].from: there is no product with this code"},
        {"{'to':'prox','when':'now'}", "[0].to: there is no product with this code"},
        {"{'to':'seats','when':'now'}", "[0].to: an add-on is no tier to change from or to"},
        {"{'from':'pro','to':'basic','kind':'downgrade','when':'now'}",
         "[0].kind: the two tiers say it already"},
        {"{'kind':'sidegrade','when':'now'}",
         "[0].kind: 'sidegrade' is not one of upgrade, downgrade, change"},
        {"{'from':'pro'}", "[0].when: when, credit or refused is missing"},
        {"{'from':'pro','refused':true,'when':'now'}",
         "[0].refused: what is refused has no when and no credit"},
        {"{'from':'pro','when':'later'}", "[0].when: 'later' is not one of now, period_end"},
        {"{'credit':'offset'}", "[0].credit: 'offset' is not one of refund, credit, none"},
        {"{'from':'pro','credit':'cash'}", "[0].credit: 'cash' is not one of refund, credit, none"},
        {"{'any_kind':true,'when':'now'}", "[0].any_kind: there is no such member"},
        {"{'from':'pro','when':'now'},{'from':'pro','credit':'none'}",
         "[1]: an earlier rule is for the same changes, and the first holds"},
        {"{'kind':'downgrade','when':'now'},{'from':'pro','to':'basic','credit':'none'}",
         "[1]: an earlier rule is for the same changes, and the first holds"},
        {"{'from':'pro','when':'now'},{'from':'pro','kind':'upgrade','credit':'none'}",
         "[1]: an earlier rule is for the same changes, and the first holds"},
    };
    REFUSED("{'products':[" BASIC "," PRO "," SEATS "],'rules':[%s]}", "rules", faults);
}

Test(catalog_faults, what_is_known_at_the_end_only_is_not_charged_before)
{
    static const struct fault faults[] = {
        {"'last'", "usage that is counted by last is known at the period's end"},
        {"'time_weighted'", "usage that is counted by time_weighted is known at the period's end"},
    };
    REFUSED("{'products':[" BASIC ",{'code':'x','name':'X','prices':[" PRICE
            ",{'currency':'EUR','interval':'month','amount':'1','rates':[{'usage_type':'s','unit_price':'1'},"
            "{'usage_type':'t','unit_price':'1','in_advance':true}]}]}],"
            "'metrics':[{'usage_type':'t','aggregation':%s}]}",
            "products[1].prices[1].rates[1].in_advance: ", faults);
}

Test(catalog_faults, a_rule_for_one_change_may_stand_before_one_for_all)
{
    taken("{'products':[" BASIC "," PRO "],'rules':[{'from':'pro','to':'basic','when':'now'},"
          "{'kind':'downgrade','when':'period_end'},{'from':'pro','refused':true},{'credit':'none'}]}");
}
