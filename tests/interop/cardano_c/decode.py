"""Reads lines `BLOCK INDEX DIGITS`, each a transaction as it was submitted, and prints what cardano-c finds in it."""

import sys

from cometa.cbor.cbor_reader import CborReader
from cometa.errors import CardanoError
from cometa.transaction.transaction import Transaction


def inputs(every):
    return " ".join(sorted(f"{each.transaction_id.hex()}#{each.index}" for each in every or ()))


def assets(every):
    if every is None:
        return ""
    return ",".join(
        sorted(f"{policy.to_hex()}.{name.to_hex()}:{count}" for policy, names in every.items() for name, count in names.items())
    )


def output(each):
    return f"{each.address.to_bytes().hex()} {each.value.coin} [{assets(each.value.multi_asset)}]"


def lines(index, tx):
    body = tx.body
    valid = "true" if tx.is_valid else "false"
    yield (
        f"tx {index} {tx.id.to_hex()} {valid} fee {body.fee} from {body.invalid_before or 0} "
        f"until {body.invalid_after or 0}"
    )
    yield f"inputs {inputs(body.inputs)}"
    yield f"reference {inputs(body.reference_inputs)}"
    yield f"collateral {inputs(body.collateral)}"
    for each in body.outputs:
        yield f"output {output(each)}"
    if body.collateral_return is not None:
        yield f"returned {output(body.collateral_return)}"
    yield f"mint {assets(body.mint)}"
    withdrawals = body.withdrawals
    yield "withdrawals " + ",".join(
        sorted(f"{account.to_bytes().hex()}:{coin}" for account, coin in withdrawals.items()) if withdrawals else ()
    )
    yield f"certificates {len(body.certificates or ())}"


for line in sys.stdin:
    block, index, digits = line.split()
    try:
        found = list(lines(index, Transaction.from_cbor(CborReader.from_hex(digits))))
    except CardanoError as error:
        print(block, index, error, file=sys.stderr)
        found = [f"tx {index} refused"]
    print("\n".join(found))
