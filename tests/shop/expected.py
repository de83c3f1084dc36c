#!/usr/bin/env python3
"""Computes KPIs of examples/shop from its tables, without the engine: exact fractions, by month and by channel.

    python3 tests/shop/expected.py > tests/shop/expected.csv

A KPI is written as `numerator,denominator`. Both are blank if it is undefined.
"""

import csv
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"
MARGIN = Fraction(35, 100)


def rows(name):
    with open(SHOP / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ADS, ORDERS, CUSTOMERS = rows("ads.csv"), rows("orders.csv"), rows("customers.csv")
MONTHS = [row["month"] for row in CUSTOMERS]
CHANNELS = sorted({row["channel"] for row in ADS + ORDERS})


def total(table, column, keep):
    """The sum of the cells that are not blank; None if all are blank."""
    cells = [Fraction(row[column]) for row in table if keep(row) and row[column]]
    return sum(cells) if cells else None


def count(table, keep):
    """The number of rows that meet the condition; None if there are none."""
    return sum(1 for row in table if keep(row)) or None


def divide(above, below):
    return None if above is None or not below else Fraction(above) / below


def minus(a, b):
    return None if a is None or b is None else a - b


def inputs(keep):
    orders = count(ORDERS, keep)
    first = sum(1 for row in ORDERS if keep(row) and row["first_order"] == "yes")
    return {
        "cost": total(ADS, "cost", keep),
        "impressions": total(ADS, "impressions", keep),
        "clicks": total(ADS, "clicks", keep),
        "revenue": total(ORDERS, "amount", keep),
        "orders": orders,
        "first": None if orders is None else first,
    }


def common(values):
    """The KPIs that do not need a period."""
    margin = None if values["revenue"] is None else values["revenue"] * MARGIN
    repeat = divide(values["first"], values["orders"])
    return {
        "click_rate": divide(values["clicks"], values["impressions"]),
        "cost_per_click": divide(values["cost"], values["clicks"]),
        "cac": divide(values["cost"], values["first"]),
        "roas": divide(values["revenue"], values["cost"]),
        "average_basket": divide(values["revenue"], values["orders"]),
        "margin_after_ads": minus(margin, values["cost"]),
        "repeat_rate": minus(Fraction(1), repeat),
    }


def by_month():
    at = [inputs(lambda row, month=month: row["day"].startswith(month)) for month in MONTHS]
    for place, month in enumerate(MONTHS):
        kpis = common(at[place])
        window = MONTHS[max(0, place - 2) : place + 1]
        three = inputs(lambda row: row["day"][:7] in window)
        year = inputs(lambda row: row["day"][:4] == month[:4] and row["day"][:7] <= month)
        before = at[place - 1]["revenue"] if place >= 1 else None
        year_ago = at[place - 12]["revenue"] if place >= 12 else None
        kpis |= {
            "smoothed_cac": divide(three["cost"], three["first"]),
            "revenue_rise": divide(minus(at[place]["revenue"], before), before),
            "revenue_rise_on_year": divide(minus(at[place]["revenue"], year_ago), year_ago),
            "revenue_to_date": year["revenue"],
            "churn_rate": Fraction(int(CUSTOMERS[place]["customers_lost"]), int(CUSTOMERS[place]["customers_start"])),
        }
        yield month, kpis


def by_channel():
    everything = total(ADS, "cost", lambda row: True)
    for channel in CHANNELS:
        values = inputs(lambda row: row["channel"] == channel)
        yield channel, common(values) | {"ad_share": divide(values["cost"], everything)}


def main():
    print("by,group,kpi,numerator,denominator")
    for by, groups in (("month", by_month()), ("channel", by_channel())):
        for group, kpis in groups:
            for kpi, value in kpis.items():
                fraction = ",".join(map(str, Fraction(value).as_integer_ratio())) if value is not None else ","
                print(f"{by},{group},{kpi},{fraction}")


main()
