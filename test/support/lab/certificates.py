"""Certificates of authorities that exist for a test alone, made by openssl."""

import shutil

from .proc import LabError, run

AUTHORITIES = ("ca", "other-ca")


def make(folder, host):
    """NAME.pem and NAME.key in the folder: authorities `ca` and `other-ca`; `good` for the host and `wrong-name` for another,
    both signed by `ca`; and `stranger` for the host, signed by `other-ca`."""
    if not shutil.which("openssl"):
        raise LabError("openssl is missing: deploy/install-packages test")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name in AUTHORITIES:
        files = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"]
        run(["openssl", "req", "-x509", *key, *files, "-subj", f"/CN={name}", "-days", 2])
    for name, of, ca in (("good", host, "ca"), ("wrong-name", "elsewhere.test", "ca"), ("stranger", host, "other-ca")):
        request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=DNS:{of}\n")
        run(["openssl", "req", *key, "-keyout", folder / f"{name}.key", "-out", request, "-subj", f"/CN={of}"])
        signer = ["-CA", folder / f"{ca}.pem", "-CAkey", folder / f"{ca}.key", "-CAcreateserial"]
        run(["openssl", "x509", "-req", "-in", request, *signer, "-out", folder / f"{name}.pem", "-extfile", extensions, "-days", 2])
    return folder


# A good certificate, and what a client says of the others.
VERDICTS = [
    ("good", None),
    ("wrong-name", "the certificate is another host's"),
    ("stranger", "the certificate comes from no known authority"),
]
