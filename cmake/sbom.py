#!/usr/bin/env python3
"""sbom.py VERSION TARBALL   prints an SBOM of a release: SPDX 2.3 as JSON. SOURCE_DATE_EPOCH is its time."""
import datetime
import hashlib
import json
import os
import sys
import uuid

# What is linked: a name, its licence, and how ouro depends on it. None of it is in the tarball.
DEPENDENCIES = (
    ("Asio", "BSL-1.0", "DEPENDENCY_OF"),
    ("libsodium", "ISC", "DEPENDENCY_OF"),
    ("c-ares", "MIT", "OPTIONAL_DEPENDENCY_OF"),
    ("fmt", "MIT", "OPTIONAL_DEPENDENCY_OF"),
    ("nats.c", "Apache-2.0", "OPTIONAL_DEPENDENCY_OF"),
    ("nlohmann_json", "MIT", "OPTIONAL_DEPENDENCY_OF"),
    ("prometheus-cpp", "MIT", "OPTIONAL_DEPENDENCY_OF"),
    ("spdlog", "MIT", "OPTIONAL_DEPENDENCY_OF"),
    ("CLI11", "BSD-3-Clause", "OPTIONAL_DEPENDENCY_OF"),  # of the programs
    ("SQLite", "blessing", "OPTIONAL_DEPENDENCY_OF"),  # of the examples `crawl` and `indexer`
    ("Catch2", "BSL-1.0", "TEST_DEPENDENCY_OF"),
)


def package(name, licence, version=None, digest=None):
    result = {
        "SPDXID": "SPDXRef-" + name.replace("_", "-"),
        "name": name,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
    }
    if version:
        result["versionInfo"] = version
    if digest:
        result["checksums"] = [{"algorithm": "SHA256", "checksumValue": digest}]
    return result


def main(version, tarball):
    with open(tarball, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    ouro = package("ouro", "Apache-2.0", version, digest)
    ouro["packageFileName"] = os.path.basename(tarball)
    others = [package(name, licence) for name, licence, _ in DEPENDENCIES]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", ouro["SPDXID"])]
    relations += [(other["SPDXID"], kind, ouro["SPDXID"]) for other, (_, _, kind) in zip(others, DEPENDENCIES)]
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"ouro-{version}",
        "documentNamespace": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: ouro-sbom.py"]},
        "packages": [ouro, *others],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }
    json.dump(document, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
