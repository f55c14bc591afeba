/* SPDX-License-Identifier: MIT */
/* test_decide_seller.c - what stands on our documents about ourselves: what is given is checked, what is not
 * given stays. */
#include "tests/book/facts.h"
#include "tests/lib/pictures.h"

TestSuite(decide_seller, .init = test_begin, .fini = test_end);

static struct command seller_set(const struct seller_set_command *body)
{
    return (struct command){.type = COMMAND_SELLER_SET, .seller_set = *body};
}

static const struct seller_set *set(struct facts *f, const struct seller_set_command *body)
{
    struct command c = seller_set(body);
    assert_ok(command_check(&c, E));
    return &decided(f, &c).events.items[0].seller_set;
}

static void refused(struct facts *f, const struct seller_set_command *body, const char *why)
{
    struct command c = seller_set(body);
    struct decision d = {0};
    enum err err = command_check(&c, E);
    if (err == OK) err = decide(&d, f, &c, A, E);
    cr_expect_neq(err, OK, "it was taken; expected: %s", why);
    cr_expect(strstr(E->text, why) != NULL, "'%s' does not say '%s'", E->text, why);
}

Test(decide_seller, the_account_is_kept_as_the_bank_writes_it_and_stays_until_another_is_given)
{
    struct facts f = facts_on("2025-01-10");
    const struct seller_set *v =
        set(&f, &(struct seller_set_command){.iban = STR("de89 3704 0044 0532 0130 00"),
                                             .bic = STR("cobadeff"),
                                             .phone = STR("+49 30 424242-42424242"),
                                             .bank = STR("Commerzbank")});
    assert_str(v->iban, "DE89370400440532013000");
    assert_str(v->bic, "COBADEFF");
    struct seller before = {.version = 1, .iban = v->iban, .bic = v->bic, .phone = v->phone, .bank = v->bank};
    f.seller = &before;
    v = set(&f, &(struct seller_set_command){.registration = STR("Amtsgericht Charlottenburg, HRB 12345 B")});
    assert_str(v->iban, "DE89370400440532013000");
    assert_str(v->phone, "+49 30 424242-42424242");
    assert_str(v->bank, "Commerzbank");
    assert_str(v->registration, "Amtsgericht Charlottenburg, HRB 12345 B");
}

Test(decide_seller, card_numbers_are_refused_wherever_they_stand)
{
    struct facts f = facts_on("2025-01-10");
    refused(&f, &(struct seller_set_command){.iban = STR("4242 4242 4242 4242")}, "card");
    refused(&f, &(struct seller_set_command){.phone = STR("4242 4242 4242 4242")}, "card");
    refused(&f, &(struct seller_set_command){.registration = STR("4242 4242 4242 4242")}, "card");
}

Test(decide_seller, a_colour_on_which_white_text_cannot_be_read_is_refused)
{
    struct facts f = facts_on("2025-01-10");
    assert_str(set(&f, &(struct seller_set_command){.colour = STR("#7a1f5c")})->colour, "#7a1f5c");
    refused(&f, &(struct seller_set_command){.colour = STR("#ffee00")}, "white text on it could not be read");
    refused(&f, &(struct seller_set_command){.colour = STR("red")}, "six hexadecimal digits");
}

Test(decide_seller, terms_and_footer_of_one_language_stand_beside_those_of_all)
{
    struct facts f = facts_on("2025-01-10");
    struct seller_words german = {DOCUMENT_DE, STR("Zahlbar in 14 Tagen."), STR("Danke.")};
    struct seller before = {.version = 3,
                            .payment_terms_text = STR("Payable within 14 days."),
                            .footer = STR("Thanks."),
                            .words = &german,
                            .words_count = 1};
    f.seller = &before;
    const struct seller_set *v =
        set(&f, &(struct seller_set_command){.language = DOCUMENT_FR, .footer = STR("Merci.")});
    assert_str(v->payment_terms_text, "Payable within 14 days.");
    assert_str(v->footer, "Thanks.");
    assert_int(v->words_count, 2);
    assert_str(v->words[0].footer, "Danke.");
    assert_int(v->words[1].language, DOCUMENT_FR);
    assert_str(v->words[1].footer, "Merci.");
    assert_int(v->words[1].payment_terms_text.len, 0);
    v = set(&f, &(struct seller_set_command){.language = DOCUMENT_DE, .footer = STR("Vielen Dank.")});
    assert_int(v->words_count, 1);
    assert_str(v->words[0].payment_terms_text, "Zahlbar in 14 Tagen.");
    assert_str(v->words[0].footer, "Vielen Dank.");
    v = set(&f, &(struct seller_set_command){.footer = STR("Thank you.")});
    assert_str(v->footer, "Thank you.");
    assert_str(v->words[0].footer, "Danke.");
    assert_str(german.footer, "Danke.");
    refused(&f, &(struct seller_set_command){.language = DOCUMENT_DE, .phone = STR("+49 30 1")},
            "payment terms or a footer are wanted");
}

Test(decide_seller, a_logo_is_kept_once_and_named_by_the_version_that_brought_it)
{
    struct facts f = facts_on("2025-01-10");
    struct seller_set_command with = {.logo = str_of(picture_jpeg)};
    f.counters.seller = 3;
    const struct seller_set *v = set(&f, &with);
    assert_int(v->logo, 3);
    assert_str(v->logo_file, picture_jpeg);
    struct seller before = {.version = 3, .logo = 3};
    f.seller = &before;
    f.counters.seller = 4;
    v = set(&f, &(struct seller_set_command){.footer = STR("Thanks")});
    assert_int(v->logo, 3);
    assert_int(v->logo_file.len, 0);
    assert_int(set(&f, &(struct seller_set_command){.no_logo = true})->logo, 0);
}

Test(decide_seller, a_logo_that_is_no_whole_picture_is_refused)
{
    struct facts f = facts_on("2025-01-10");
    struct bytes png = picture_png(A, &(struct png_plan){.width = 8, .height = 8, .rows_missing = 2});
    refused(&f, &(struct seller_set_command){.logo = base64_text(A, png)}, "fewer pixels");
    refused(&f, &(struct seller_set_command){.logo = STR("not base64")}, "base64");
    refused(&f, &(struct seller_set_command){.logo = str_of(picture_jpeg), .no_logo = true},
            "exclude each other");
}
