# The commands a person needs. Each installs the Debian packages it misses, and says so.

DEXTRA  := .build/release/dextra
PYTHON  := .venv/bin/python
WORKERS ?= 4
ARGS    ?=
# Debian keeps apache2 and nginx where only root looks.
export PATH := $(PATH):/usr/sbin:/sbin

BUILD_PACKAGES := ca-certificates git libc6-dev libcrypt-dev libkrb5-dev libldap2-dev libsqlite3-dev libssl-dev \
                  libstdc++-12-dev libxml2-dev libxmlsec1-dev pkg-config
TEST_PACKAGES  := apache2-bin caddy chromium chromium-driver curl glewlwyd golang-github-coreos-go-oidc-dev golang-go \
                  golang-golang-x-oauth2-dev golang-google-grpc-dev haproxy krb5-admin-server krb5-kdc krb5-user ldap-utils \
                  libapache2-mod-auth-openidc libnginx-mod-http-set-misc lua-socket nginx openssl php-cli php-mbstring php-xml python3 \
                  samba samba-ad-provision samba-dsdb-modules samba-vfs-modules simplesamlphp slapd xmlsec1
BENCH_PACKAGES := gcc ldap-utils libldap2-dev nghttp2-client nginx openssl python3 slapd util-linux wrk

.DEFAULT_GOAL := help
.PHONY: help run build test unit interop bench fuzz lint format clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf 'make %-9s %s\n' "$$name" "$$text"; done

run: build ## build, then start a provider to develop against (ARGS="--port 5557")
	@exec $(DEXTRA) dev $(ARGS)

build: ## build the program as it is shipped: .build/release/dextra
	@Scripts/install-packages "To build" $(BUILD_PACKAGES)
	swift build -c release --static-swift-stdlib --product dextra

test: packages build unit interop ## all tests: Swift's, then third-party software against the built program

.PHONY: packages
packages:
	@Scripts/install-packages "To build" $(BUILD_PACKAGES)
	@Scripts/install-packages "To test with other people's software" $(TEST_PACKAGES)
	@Scripts/python-environment .venv Tests/Interop/requirements-locked.txt

unit: ## Swift's tests only
	@Scripts/install-packages "To build" $(BUILD_PACKAGES)
	swift test

interop: packages build ## third-party clients, browsers and scripts against the built program (ARGS="-k authlib")
	$(PYTHON) -m pytest Tests/Interop -n $(WORKERS) --dist worksteal $(ARGS)

bench: build ## measure the built program against the limits of this machine (ARGS="--logins 100000 --rows 1000000")
	@Scripts/install-packages "To measure" $(BENCH_PACKAGES)
	@Scripts/python-environment .venv Tests/Interop/requirements-locked.txt
	swift build -c release --static-swift-stdlib --product InProcess
	python3 Benchmarks/run $(ARGS)

fuzz: ## random bytes for all readers, 60 seconds each (TIME=1800 TARGET="path http1")
	@Scripts/install-packages "To build" $(BUILD_PACKAGES)
	@TIME=$(TIME) Tests/Fuzz/run $(TARGET)

lint: ## check the style of all code, that texts are compared as bytes, and the versions of all packages
	@Scripts/install-packages "To build" $(BUILD_PACKAGES)
	@if swift format --version >/dev/null 2>&1; then swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks; \
	else echo "This toolchain has no 'swift format': Swift's style is not checked"; fi
	python3 -m compileall -q Tests/Interop Benchmarks
	for script in Scripts/* examples/*/run .ci/run; do \
	case "$$(head -n 1 "$$script")" in *bash) bash -n "$$script" ;; *python3) python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$$script" ;; esac || exit 1; done
	@# Types and versions are those of the debug build, which `make unit` makes too.
	swift build
	Scripts/lint-versions
	Scripts/lint-characters --self-test
	Scripts/lint-characters

format: ## give all Swift code its style
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

clean: ## remove what was built
	rm -rf .build .venv build
