#!/usr/bin/env python3
"""Fetches the font packages of packages.csv with apt-get and unpacks them below DIR/fonts; nothing is installed.

    fonts.py DIR            the packages of packages.csv, in the versions named there where apt still has them
    fonts.py DIR --renew    writes packages.csv anew from what apt offers: package, version, licence
"""
import argparse
import csv
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "packages.csv"
LARGEST = 27_000_000  # bytes; what is larger holds Chinese characters or emoji
FURTHER = ["gsfonts", "lmodern", "ttf-bitstream-vera", "ttf-tagbanwa", "ttf-unifont", "unifont", "xfonts-scalable"]
LICENCES = [  # in order: the first that a copyright file without fields mentions is taken
    ("OFL-1.1", r"OFL|Open Font Licen[sc]e"), ("Apache-2.0", r"Apache"), ("GPL", r"GPL|General Public Licen[sc]e"),
    ("Bitstream-Vera", r"Bitstream"), ("LPPL", r"LPPL|LaTeX Project"), ("Arphic-PL", r"Arphic"), ("IPA", r"IPA Font"),
    ("CC", r"Creative Commons|CC-BY"), ("MIT", r"MIT|Expat"), ("public-domain", r"public domain"),
]


def offered():
    search = ["apt-cache", "search", "--names-only", "^fonts-"]
    names = subprocess.run(search, capture_output=True, text=True, check=True)
    packages = sorted({line.split()[0] for line in names.stdout.splitlines()} | set(FURTHER))
    records = subprocess.run(["apt-cache", "show", "--no-all-versions", *packages], capture_output=True, text=True)
    result = []
    for record in records.stdout.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Size): (.*)$", record, re.M))
        if fields and int(fields["Size"]) <= LARGEST:
            result.append((fields["Package"], fields["Version"]))
    return sorted(set(result))


def download(package, version, folder):
    if list(folder.glob(f"{package}_*.deb")):
        return
    for name in (f"{package}={version}", package):
        if subprocess.run(["apt-get", "download", name], cwd=folder, capture_output=True).returncode == 0:
            return
    print(f"{package}: apt has no such package, left out")


def licence(folder, package):
    """The licences that the package's copyright file names, joined by a semicolon."""
    file = folder / "usr/share/doc" / package / "copyright"
    text = file.read_text(errors="replace") if file.exists() else ""
    names = {name.strip() for name in re.findall(r"^License:[ \t]*(\S.*)$", text, re.M)}
    if not names:
        names = {name for name, pattern in LICENCES if re.search(pattern, text)}
    return "; ".join(sorted(names)) or "see the package"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--renew", action="store_true")
    options = options.parse_args()
    debs, fonts = options.folder / "debs", options.folder / "fonts"
    for folder in (debs, fonts):
        folder.mkdir(parents=True, exist_ok=True)
    if options.renew:
        packages = offered()
    else:
        packages = [(row["package"], row["version"]) for row in csv.DictReader(PACKAGES.open())]
    rows = []
    for package, version in packages:
        download(package, version, debs)
        deb = next(iter(debs.glob(f"{package}_*.deb")), None)
        if deb is None:
            continue
        if not (fonts / package).exists():
            subprocess.run(["dpkg-deb", "-x", deb, fonts / package], check=True)
        rows.append((package, version, licence(fonts / package, package)))
    if options.renew:
        with PACKAGES.open("w", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(["package", "version", "licence"])
            writer.writerows(rows)
    print(f"{len(rows)} packages below {fonts}")


if __name__ == "__main__":
    main()
