# SPDX-License-Identifier: MIT
"""Local time by Python's zoneinfo, for test_zone.c to compare with: a second opinion that shares no line of code and no file
of data with ICU. Called as: zones.py SEED FIRST_YEAR LAST_YEAR. Writes the version of its data, and then lines of
    date  ZONE MICROSECONDS YYYY-MM-DD SECOND_OF_DAY
    start ZONE YYYY-MM-DD MICROSECONDS        the first instant of that day or of a later one
Writes nothing where there are no data."""
import os
import random
import sys
from datetime import date, datetime, timedelta, timezone

import zoneinfo

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def version():
    for folder in zoneinfo.TZPATH:
        try:
            with open(os.path.join(folder, "tzdata.zi"), encoding="ascii") as file:
                return file.readline().split()[-1]
        except OSError:
            pass
    return "unknown"


def local(second, zone):
    return (EPOCH + timedelta(seconds=second)).astimezone(zone)


def day_start(day, zone):
    """Looks at every minute from long before, and then at the seconds of the one before."""
    second = (day - EPOCH.date()).days * 86400 - 26 * 3600
    while local(second, zone).date() < day:
        second += 60
    first = second - 59
    while local(first, zone).date() < day:
        first += 1
    return first


def main():
    names = sorted(zoneinfo.available_timezones())
    if not names:
        return
    dice = random.Random(int(sys.argv[1]))
    low = int((datetime(int(sys.argv[2]), 1, 2, 12, tzinfo=timezone.utc) - EPOCH).total_seconds())
    high = int((datetime(int(sys.argv[3]), 12, 30, tzinfo=timezone.utc) - EPOCH).total_seconds())
    print("version", version())
    for name in names:
        zone = zoneinfo.ZoneInfo(name)
        for _ in range(60):
            second = dice.randrange(low, high)
            here = local(second, zone)
            print("date", name, second * 1000000, here.date(), here.hour * 3600 + here.minute * 60 + here.second)
        day = date.fromordinal(EPOCH.toordinal() + dice.randrange(low, high) // 86400)
        print("start", name, day, day_start(day, zone) * 1000000)


main()
