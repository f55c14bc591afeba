/* SPDX-License-Identifier: MIT */
/* limits.h - every limit of Daybook, in one place, each with its reason. Whatever exceeds one is refused
 * with ERR_LIMIT or ERR_INVALID and a message that names the number. */
#ifndef DAYBOOK_LEDGER_BASE_LIMITS_H
#define DAYBOOK_LEDGER_BASE_LIMITS_H

enum {
    /* Ids and words that customers and operators choose. */
    LIMIT_USER_ID_BYTES = 128,
    LIMIT_EVENT_ID_BYTES = 128,
    LIMIT_USAGE_TYPE_BYTES = 64,
    LIMIT_USAGE_KEY_BYTES = 128, /* what is counted once: users, machines, addresses */
    LIMIT_TOKEN_BYTES = 128,
    LIMIT_IDEMPOTENCY_KEY_BYTES = 255, /* as Stripe: a key of 255 characters */
    LIMIT_ACTOR_BYTES = 64,
    LIMIT_CODE_BYTES = 64,           /* product, price and tax codes */
    LIMIT_ENTITY_BYTES = 16,         /* first word of document numbers */
    LIMIT_ACCOUNT_HOLDER_BYTES = 70, /* as SEPA: its files and payment codes have no room for more */
    LIMIT_TEXT_BYTES = 512,          /* names, address lines, descriptions, reasons */

    /* Numbers. 18 digits always fit int64_t. */
    LIMIT_DECIMAL_DIGITS = 18,
    LIMIT_DECIMAL_SCALE = 12,

    /* Lists. */
    LIMIT_USAGE_TYPES_PER_CUSTOMER = 64,
    LIMIT_ALERTS_PER_CUSTOMER = 64,
    LIMIT_OPEN_GRANTS_PER_CUSTOMER = 128, /* of prepaid credit; each bill reads them */
    LIMIT_PAYMENT_METHODS_PER_CUSTOMER = 32,
    LIMIT_SUBSCRIPTIONS_PER_CUSTOMER = 64,
    LIMIT_PENDING_ITEMS_PER_CUSTOMER = 4096,
    LIMIT_COUPONS_PER_CUSTOMER = 32, /* in force at the same time */
    LIMIT_INVOICE_LINES = 8192,
    LIMIT_CATALOG_PRODUCTS = 256,
    LIMIT_CATALOG_PRICES = 2048,
    LIMIT_CATALOG_METRICS = 256,
    LIMIT_CATALOG_COUPONS = 4096,
    LIMIT_CATALOG_TAXES = 4096, /* countries, their regions, classes of goods, and the years of each */
    LIMIT_CATALOG_RULES = 1024,
    LIMIT_CATALOG_THRESHOLDS = 64, /* of dunning, one a currency */
    LIMIT_CATALOG_REMINDERS = 32,  /* of dunning; and as many templates … */
    LIMIT_TEMPLATE_LINES = 100,    /* … of so many lines */
    LIMIT_CATALOG_DECLINES = 256,  /* of dunning, codes that are named */
    LIMIT_CATALOG_ATTEMPTS = 15,   /* of dunning: the card networks charge for more of a card in a month */
    LIMIT_PRODUCT_FEATURES = 128,
    LIMIT_PRICE_FEES = 32,
    LIMIT_PRICE_TIERS = 100,          /* steps of one price by quantity */
    LIMIT_TRIAL_DAYS = 730,           /* as Stripe: two years */
    LIMIT_READINGS_PER_RECORD = 1000, /* usage readings that share one record of the log */
    LIMIT_EVENTS_PER_RECORD = 4096,
    /* Central banks publish rates on working days, tax offices once a month: an older one is no rate of the
     * day. */
    LIMIT_RATE_DAYS = 31,
    LIMIT_MOVEMENTS_PER_RECORD = 100, /* of a gateway's balance: a page of Stripe's */
    LIMIT_RERATED_LINES = 2048,       /* corrections that one proposal holds: some 200 KiB */
    LIMIT_CATCH_UP_PERIODS = 1200,    /* of a subscription in one bill; a run makes several */
    LIMIT_CATCH_UP_LINES = 4096,      /* of a customer in one bill, beside items; a run makes several */

    /* Bytes of the log. The header's length field could say more; memory and auditors could not bear it. */
    LIMIT_RECORD_BYTES = 4 * 1024 * 1024,
    LIMIT_RECORDS_PER_COMMIT = 10000,
    LIMIT_BYTES_PER_COMMIT = 64 * 1024 * 1024,
    LIMIT_VIEWS_TXN_BYTES =
        32 * 1024 * 1024,     /* changed and read values that one transaction of the views keeps in memory */
    LIMIT_MSGPACK_DEPTH = 12, /* 3 of the envelope, 8 of records in records, 1 of money and decimals */
    LIMIT_RECORDS_PER_EPOCH = 1 << 24, /* far below NIST SP 800-38D's 2^32 per key with random nonces */

    /* Files from outside. */
    LIMIT_INPUT_LINE_BYTES = 64 * 1024, /* a line of a usage file; a longer one is rejected, not read */
    LIMIT_CATALOG_FILE_BYTES = 4 * 1024 * 1024,
    LIMIT_LOGO_BYTES = 128 * 1024, /* it goes into every document; a good one has some 10 KiB */
    LIMIT_LOGO_SIDE = 2000,        /* pixels; printed it is some 60 mm wide … */
    LIMIT_LOGO_PIXELS = 1 << 20,   /* … and is unpacked for each document */
    LIMIT_KEY_FILE_BYTES = 4096,
    LIMIT_PATH_BYTES = 4096,
    LIMIT_WEBHOOK_BYTES = 1024 * 1024, /* of a webhook's body; Stripe's have some KiB */
    LIMIT_UPLOAD_BYTES = 1 << 30,      /* of a file that is sent to the HTTP API, as it comes */
    LIMIT_CONNECTIONS = 4096,          /* to the HTTP server at once, each with a thread */
    LIMIT_WEBHOOK_SIGNATURE_BYTES = 4096,
    LIMIT_WEBHOOK_SIGNATURES = 16, /* of the scheme v1 that are looked at */
    LIMIT_WEBHOOK_SECRETS = 16,
    LIMIT_WEBHOOK_SECRET_MIN_BYTES = 16, /* a shorter one is no secret */
    LIMIT_CLIENT_SECRET_BYTES = 512,     /* of Stripe's, for a customer's page; they have some 60 */
    LIMIT_NOTE_BYTES = 128 * 1024,       /* a signed note, a proof around one; a signature may have 5 kB */
    LIMIT_NOTE_SIGNATURES = 64,          /* of a log and its witnesses */
    LIMIT_DISCLOSURE_BYTES = 64 * 1024 * 1024, /* of records that are disclosed, with their proofs */
    LIMIT_KEY_NAME_BYTES = 256,                /* of who signs notes */
    LIMIT_URL_BYTES = 2048,
    LIMIT_COMMAND_LINE_ARGUMENT_BYTES = 64 * 1024,

    /* Copies of a ledger. */
    LIMIT_SMALL_FILE_BYTES =
        512 * 1024 * 1024, /* beside the log: checkpoints, time stamps; 144 bytes of keys a customer */
    LIMIT_SNAPSHOT_BYTES = 256 * 1024 * 1024, /* of a backup's manifest; a line has some 100 */
    LIMIT_SNAPSHOT_PIECES = 32,               /* of one segment; more are made one */

    /* Time stamps and witnesses. */
    LIMIT_POLICY_BYTES = 64 * 1024,     /* of witnesses */
    LIMIT_POLICY_MEMBERS = 64,          /* witnesses and groups, and as many logs */
    LIMIT_TIME_STAMP_BYTES = 64 * 1024, /* an authority's answer; they have some 6 KiB */
    LIMIT_TIME_STAMP_AUTHORITIES = 16,
    LIMIT_WITNESSED_LOGS = 256, /* that one witness knows */

    /* Keys. */
    LIMIT_PASSPHRASE_BYTES = 1024,
    LIMIT_PASSPHRASE_MIN_BYTES = 8,   /* of a new one: NIST SP 800-63B */
    LIMIT_SCRYPT_BYTES = 1 << 30,     /* 128 N r p of a key file: a hostile one must not eat the machine */
    LIMIT_PROTECTED_KEY_BYTES = 2048, /* within a key file that is protected by a passphrase */
    LIMIT_MASTER_KEY_DAYS = 365,      /* NIST SP 800-57 part 1: a master key is in use for about a year */

    /* Who may do what. */
    LIMIT_ACTORS = 1000,              /* of a ledger, removed ones too */
    LIMIT_TOKENS_OF_ACTOR = 32,       /* that count at once */
    LIMIT_ACCESS_SUBJECT_BYTES = 255, /* of what is noted of an access: the end of a longer path */
};

#endif
