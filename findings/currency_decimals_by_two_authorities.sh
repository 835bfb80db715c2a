#!/usr/bin/env bash
# How many decimals a currency has: two well-kept packages differ on 15 currencies, and the amounts with them.
#
# Billing exports give amounts in minor units, so an importer looks up how many decimals a currency has. The package
# `iso4217` carries ISO's list, `babel` carries CLDR's. One would guess that they agree, at least outside of history.
# CLDR counts what people use in cash: Hungarian forint, Colombian peso and Indonesian rupiah have 0 decimals there
# and 2 in ISO 4217; the Iraqi dinar has 0 and 3. Reading a column of minor units with CLDR's digits makes forint
# revenue a hundred times too large and dinar revenue a thousand times. For billing data ISO's list is the one to use,
# with the tool's own exceptions on top; Babel's digits are for writing an amount, not for reading one.
#
# Seen with babel 2.19.0 and iso4217 1.16.20260101: 15 currencies, listed below.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q babel==2.19.0 iso4217==1.16.20260101
"$folder/env/bin/python" - <<'PY'
import iso4217
from babel.numbers import get_currency_precision

minor = {each.code: each.exponent for each in iso4217.Currency if each.exponent is not None}
different = {code: (digits, get_currency_precision(code)) for code, digits in minor.items()
             if digits != get_currency_precision(code)}
for code, (iso, cldr) in sorted(different.items()):
    print(f"{code}: ISO 4217 {iso}, CLDR {cldr}; 123456 minor units = {123456 / 10**iso:,.2f} or {123456 / 10**cldr:,.2f}")
assert different["HUF"] == (2, 0) and different["COP"] == (2, 0) and different["IDR"] == (2, 0)
assert different["IQD"] == (3, 0)
assert len(different) == 15, sorted(different)
PY
