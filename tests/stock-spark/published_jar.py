"""Checks what is published: one jar with everything but Spark, and a pom that asks for nothing else: published_jar.py FOLDER."""
import re
import sys
import xml.etree.ElementTree
from pathlib import Path
from zipfile import ZipFile

folder = Path(sys.argv[1])
jar, = (path for path in folder.glob("*.jar") if not path.name.endswith("-cuda.jar"))
pom, = folder.glob("*.pom")
names = ZipFile(jar).namelist()

tags = {element.tag.rpartition("}")[2] for element in xml.etree.ElementTree.parse(pom).iter()}
assert not tags & {"parent", "dependency", "repository"}, f"the pom asks for more: {sorted(tags)}"
for package in "org/apache/spark/", "org/apache/arrow/", "org/apache/hadoop/", "scala/", "com/google/protobuf/", "org/slf4j/":
    assert not any(name.startswith(package) for name in names), f"{package} belongs to Spark"
natives = [name for name in names if re.search(r"\.(so(\.\d+)*|dll|dylib|jnilib|a)$", name)]
strangers = [name for name in natives if "linux-x86_64" not in name and "linux-x86-64" not in name]
assert natives and not strangers, f"natives of other platforms: {strangers}"
assert len(names) == len(set(names)), "an entry is there twice"
print(f"{jar.name}: {jar.stat().st_size / 1e6:.1f} MB, {len(names)} entries, {len(natives)} native libraries")
