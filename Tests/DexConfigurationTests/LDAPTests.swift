import Testing

@testable import DexConfiguration

@Suite("A connector of type ldap") struct LDAPTests {
    /// Its `config` begins in line 9.
    private static func connector(_ config: String) -> String {
        let lines = config.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n")
        return minimal + "connectors:\n- type: ldap\n  id: a\n  name: a\n  config:\n" + lines + "\n"
    }

    private static let users = "userSearch: {baseDN: dc=org, username: uid, idAttr: uid, emailAttr: mail}"

    private func ldap(_ config: String, files: [String: String] = [:]) throws -> Configuration.Connector.LDAP {
        let result = try load(Self.connector(config), files: files)
        guard case .ldap(let ldap)? = result.configuration.connectors.first?.kind else { throw NoSuchFile() }
        return ldap
    }

    @Test("has Dex's defaults")
    func defaults() throws {
        let ldap = try ldap("host: ldap.example.com\n" + Self.users)
        #expect(ldap.hosts == [.init(name: "ldap.example.com", port: 636)])
        #expect(ldap.security == .tls && !ldap.insecureSkipVerify && ldap.authorities == .system)
        #expect(ldap.service == nil && ldap.groupSearch == nil && ldap.usernamePrompt == nil)
        #expect(ldap.userSearch.scope == .sub && ldap.userSearch.filter.isEmpty && ldap.userSearch.usernameAttributes == ["uid"])
        #expect(!ldap.limits.followReferrals)
    }

    @Test("is asked about its keytab where it names one, and answers at its place")
    func keytab() throws {
        func problems(_ kerberos: String) -> [String] {
            let check: KeytabCheck = { path, principal in
                path == "good" && principal == nil ? nil : "no \(principal ?? "key") in \(path)"
            }
            let yaml = Self.connector("host: a\nkerberos: {\(kerberos)}\n" + Self.users)
            do throws(InvalidConfiguration) {
                _ = try Configuration.load(yaml: yaml, file: "c.yaml", environment: [:], checkKeytab: check) { _ in "" }
                return []
            } catch { return error.problems.map(\.description) }
        }
        let place = "connectors[0].config.kerberos.keytabPath"
        let hint = "klist -k shows what is in a keytab"
        #expect(problems("enabled: true, keytabPath: good").isEmpty)
        #expect(problems("enabled: false, keytabPath: bad").isEmpty)
        #expect(problems("enabled: true, keytabPath: bad") == ["c.yaml:11:43: \(place): no key in bad; \(hint)"])
        #expect(
            problems("enabled: true, keytabPath: good, spn: HTTP/a") == ["c.yaml:11:43: \(place): no HTTP/a in good; \(hint)"])
    }

    @Test("says who changes an expired password")
    func passwordChange() throws {
        #expect(try ldap("host: a\n" + Self.users).passwordChange == .person)
        for rule in Configuration.Connector.LDAP.PasswordChange.allCases {
            #expect(try ldap("host: a\npasswordChange: \(rule.rawValue)\n" + Self.users).passwordChange == rule)
        }
    }

    @Test(
        "takes hosts in each form",
        arguments: [
            ("host: a", [("a", 636)]), ("host: a:389", [("a", 389)]), ("host: 'a, b:1'", [("a", 636), ("b", 1)]),
            ("host: [a, 'b:1']", [("a", 636), ("b", 1)]), ("host: '[2001:db8::1]:390'", [("2001:db8::1", 390)]),
            ("host: '2001:db8::1'", [("2001:db8::1", 636)]), ("host: a\ninsecureNoSSL: true", [("a", 389)]),
            ("host: a\nstartTLS: true", [("a", 636)]),
        ] as [(String, [(String, Int)])])
    func hosts(_ text: String, _ expected: [(String, Int)]) throws {
        #expect(try ldap(text + "\n" + Self.users).hosts == expected.map { .init(name: $0.0, port: $0.1) })
    }

    @Test("lets plain win over StartTLS, as Dex does")
    func security() throws {
        #expect(try ldap("host: a\nstartTLS: true\n" + Self.users).security == .startTLS)
        #expect(try ldap("host: a\nstartTLS: true\ninsecureNoSSL: true\n" + Self.users).security == .plain)
        let result = try load(Self.connector("host: a\nstartTLS: true\ninsecureNoSSL: true\n" + Self.users))
        #expect(result.warnings.contains { $0.description.contains("nothing is encrypted") })
    }

    @Test("takes certificates as Dex does, and as they are")
    func authorities() throws {
        let pem = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n"
        let packed = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClFRPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
        #expect(try ldap("host: a\nrootCA: ca.pem\nrootCAData: \(packed)\n" + Self.users).authorities == .pem(Array(pem.utf8)))
        #expect(try ldap("host: a\nrootCA: ca.pem\n" + Self.users).authorities == .file("ca.pem"))
    }

    @Test("reads the service's password from a file")
    func passwordFile() throws {
        let config = "host: a\nbindDN: cn=a\nbindPWFile: pw\n" + Self.users
        #expect(try ldap(config, files: ["pw": "secret\n"]).service == .init(dn: "cn=a", password: Secret("secret")))
    }

    @Test("takes the old names of what a matcher is")
    func matchers() throws {
        let old = try ldap("host: a\n\(Self.users)\ngroupSearch: {baseDN: ou=g, userAttr: DN, groupAttr: member, nameAttr: cn}")
        #expect(
            old.groupSearch?.matchers
                == [.init(userAttribute: "DN", groupAttribute: "member", recursionGroupAttribute: nil, inChain: false)])
        let new = try ldap(
            "host: a\n\(Self.users)\ngroupSearch: {baseDN: ou=g, userMatchers: [{userAttr: uid, groupAttr: memberUid, recursionGroupAttr: member}, {userAttr: DN, groupAttr: member, inChain: true}], nameAttr: cn, userAttr: x, groupAttr: y}"
        )
        #expect(new.groupSearch?.matchers.map(\.userAttribute) == ["uid", "DN"])
        #expect(try ldap("host: a\n\(Self.users)\ngroupSearch: {filter: (a=b)}").groupSearch == nil)
    }

    @Test("says what is wrong where it stands", arguments: mistakes)
    func mistake(_ item: Mistake) {
        let found = problems(Self.connector(item.config)).filter { !$0.contains("warning") }
        #expect(found == item.lines)
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let config: String
        let lines: [String]
        var testDescription: String { lines.first ?? config }

        init(_ config: String, _ lines: String...) {
            self.config = config
            self.lines = lines
        }
    }

    private static let path = "connectors[0].config"
    private static let mistakes: [Mistake] = [
        Mistake(users, "c.yaml:10:5: \(path).host: missing; write for example host: ldap.example.com:636"),
        Mistake(
            "host: ldaps://a\n" + users,
            "c.yaml:10:11: \(path).host: the host \"ldaps://a\" is an address with a scheme; write the name and the port only"),
        Mistake("host: a:b\n" + users, "c.yaml:10:11: \(path).host: \"b\" is not a port; a number from 1 to 65535"),
        Mistake("host: a\nsrv: example.com\n" + users, "c.yaml:11:10: \(path).srv: given twice; write one of host, srv"),
        Mistake(
            "host: a\nbindDN: cn=a\n" + users,
            "c.yaml:11:13: \(path).bindDN: bindPW is missing; a name without a password is no proof"),
        Mistake(
            "host: a\nbindDN: cn=a\nbindPW: ''\n" + users,
            "c.yaml:11:13: \(path).bindDN: bindPW is missing; a name without a password is no proof"),
        Mistake("host: a\nbindPW: b\n" + users, "c.yaml:11:13: \(path).bindPW: bindDN is missing"),
        Mistake("host: a\nclientCert: b\n" + users, "c.yaml:11:17: \(path).clientCert: clientKey is missing"),
        Mistake(
            "host: a\nrootCAData: b\n" + users,
            "c.yaml:11:17: \(path).rootCAData: not certificates in PEM; write the PEM text, or its base64"),
        Mistake("host: a\nhots: b\n" + users, "c.yaml:11:5: \(path).hots: unknown key; did you mean host?"),
        Mistake(
            "host: a\nkerberos: {enabled: true}\n" + users,
            "c.yaml:11:15: \(path).kerberos: keytabPath is missing; the file with the key of HTTP/… of this server"),
        Mistake("host: a\ntimeout: 5m\n" + users, "c.yaml:11:14: \(path).timeout: must be from 100ms to 60s"),
        Mistake(
            "host: a\nuserSearch: {baseDN: dc=org, username: uid, emailAttr: mail}",
            "c.yaml:11:17: \(path).userSearch.idAttr: missing; an attribute that never changes, for example entryUUID or uid"),
        Mistake(
            "host: a\nuserSearch: {baseDN: dc=org, username: uid, idAttr: uid}",
            "c.yaml:11:17: \(path).userSearch: neither emailAttr nor emailSuffix; write for example emailAttr: mail"),
        Mistake(
            "host: a\nuserSearch: {baseDN: dc=org, username: uid, idAttr: uid, emailSuffix: b}",
            "c.yaml:11:75: \(path).userSearch.emailSuffix: nameAttr is missing; the address is made from it"),
        Mistake(
            "host: a\nuserSearch: {baseDN: dc=org, username: 'uid)(a=*', idAttr: uid, emailAttr: mail}",
            "c.yaml:11:44: \(path).userSearch.username: \"uid)(a=*\" is not the name of an attribute; for example uid"),
        Mistake(
            "host: a\nuserSearch: {baseDN: dc=org, username: uid, idAttr: uid, emailAttr: mail, filter: objectClass=person}",
            "c.yaml:11:87: \(path).userSearch.filter: \"objectClass=person\" is not a filter; one pair of parentheses around it: (objectClass=person)"
        ),
        Mistake(
            "host: a\nuserSearch: {baseDN: dc=org, username: uid, idAttr: uid, emailAttr: mail, filter: '(&(a=b)'}",
            "c.yaml:11:87: \(path).userSearch.filter: the filter \"(&(a=b)\" lacks a closing parenthesis"),
        Mistake(
            "host: a\nuserSearch: {baseDN: dc=org, username: uid, idAttr: uid, emailAttr: mail, scope: base}",
            "c.yaml:11:86: \(path).userSearch.scope: unknown scope \"base\"; one of sub, one"),
        Mistake(
            "host: a\n\(users)\ngroupSearch: {baseDN: ou=g, userMatchers: [{userAttr: DN, groupAttr: member}]}",
            "c.yaml:12:18: \(path).groupSearch.nameAttr: missing; the attribute with the group's name, for example cn"),
        Mistake(
            "host: a\n\(users)\ngroupSearch: {baseDN: ou=g, nameAttr: cn, userMatchers: [{userAttr: DN}]}",
            "c.yaml:12:62: \(path).groupSearch.userMatchers[0].groupAttr: missing; for example member"),
        Mistake(
            "host: a\n\(users)\ngroupSearch: {baseDN: ou=g, nameAttr: cn, userMatchers: [{userAttr: DN, groupAttr: m, inChain: true, recursionGroupAttr: m}]}",
            "c.yaml:12:126: \(path).groupSearch.userMatchers[0].recursionGroupAttr: given twice; write one of inChain, recursionGroupAttr"
        ),
    ]
}
