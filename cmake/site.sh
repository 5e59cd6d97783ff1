#!/usr/bin/env bash
# cmake/site.sh [TARBALL]   builds the documentation as a site, build/site/html/index.html, and writes it to TARBALL. It fails
# on a broken link, on a page that is in no menu, and on a public name without documentation. The packages of Python come
# from PyPI. With one SOURCE_DATE_EPOCH, two runs write the same bytes.
set -euo pipefail
tarball=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
. cmake/packages.sh
need_packages doxygen python3-venv

site=build/site
mkdir -p $site
[ -x $site/venv/bin/pip ] || python3 -m venv $site/venv
$site/venv/bin/pip install -q --disable-pip-version-check -r cmake/site/requirements.txt

rm -rf $site/reference $site/extra $site/pages $site/doctrees $site/html
mkdir -p $site/reference $site/extra
theme=$($site/venv/bin/python -c 'import doxygen_awesome_css as d, os; print(os.path.dirname(d.__file__))')
cp "$theme/doxygen-awesome.css" $site/reference/
doxygen cmake/site/Doxyfile
cp -r $site/reference/html $site/extra/reference

$site/venv/bin/python cmake/site/stage.py $site/pages
$site/venv/bin/sphinx-build -q -W --keep-going -n -c cmake/site -b html -d $site/doctrees $site/pages $site/html
if [ -n "$tarball" ]; then
    tar -C $site/html --exclude=.buildinfo --transform='s|^\.|ouro-site|' --sort=name --format=ustar --owner=0 --group=0 \
        --numeric-owner --mode=a+rX,u+w,go-w --mtime="@${SOURCE_DATE_EPOCH:-$(date +%s)}" -c . | gzip -9n > "$tarball"
fi
echo "$site/html/index.html"
