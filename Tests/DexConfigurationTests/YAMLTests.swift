@testable import DexConfiguration
import Testing

@Suite("YAML as Dex's library reads it")
struct YAMLTests {
    @Test(
        "an unquoted word means what YAML 1.1 says",
        arguments: [
            ("", .null), ("~", .null), ("null", .null), ("nil", .string("nil")),
            ("yes", .bool(true)), ("On", .bool(true)), ("TRUE", .bool(true)), ("off", .bool(false)), ("No", .bool(false)),
            ("y", .string("y")), ("tRUE", .string("tRUE")),
            ("12", .number("12")), ("-1_000", .number("-1_000")), ("0x1F", .number("0x1F")), ("0o17", .number("0o17")),
            ("0b101", .number("0b101")), ("1.5", .number("1.5")), (".5", .number(".5")), ("1.", .number("1.")),
            ("1e3", .number("1e3")), ("1.5E-3", .number("1.5E-3")), (".inf", .number(".inf")), (".NaN", .number(".NaN")),
            ("0xG", .string("0xG")), ("1e", .string("1e")), ("1.2.3", .string("1.2.3")), ("_1", .string("_1")),
            ("-", .string("-")),
            (".", .string(".")), ("+", .string("+")), ("12:30", .string("12:30")), ("2001-01-01", .string("2001-01-01")),
            ("24h", .string("24h")),
            ("08a8684b-db88-4b73-90a9-3cd1661f5466", .string("08a8684b-db88-4b73-90a9-3cd1661f5466")),
        ] as [(String, YAMLValue.Content)])
    func plainScalar(text: String, content: YAMLValue.Content) {
        #expect(PlainScalar.content(of: text) == content)
    }

    @Test(
        "quotes and the tag !!str make text, other tags ask for the word's meaning",
        arguments: [
            ("'12'", .string("12")), ("\"yes\"", .string("yes")), ("|\n  12", .string("12")), ("!!str 12", .string("12")),
            ("!!int 12", .number("12")), ("!!bool 'yes'", .bool(true)),
        ] as [(String, YAMLValue.Content)])
    func quoted(text: String, content: YAMLValue.Content) throws {
        let document = try YAMLDocument(parsing: "a: \(text)")
        guard case .mapping(let entries) = document.root.content else {
            Issue.record("not a mapping")
            return
        }
        #expect(entries.map(\.value.content) == [content])
    }

    @Test("keys match whatever their case")
    func caseOfKeys() throws {
        let configuration = try load(
            """
            ISSUER: https://sso.example.com
            Storage: {TYPE: memory}
            web: {HTTP: ":5556"}
            enablepassworddb: true
            oauth2: {PKCE: {Enforce: true}}
            """
        ).configuration
        #expect(configuration.oauth2.pkce.enforce == true)
        #expect(configuration.enablePasswordDB)
    }

    @Test("null and an empty text are as good as nothing")
    func absent() throws {
        let configuration = try load(
            minimal + """
                grpc: null
                expiry: {idTokens: "", authRequests: ~}
                frontend:
                staticClients: []
                oauth2: {responseTypes: [], grantTypes: [], pkce: {codeChallengeMethodsSupported: []}}
                """
        ).configuration
        #expect(configuration.expiry == Configuration.Expiry())
        #expect(configuration.oauth2 == Configuration.OAuth2())
        #expect(problems("issuer: ''\nstorage: {type: memory}\nweb: {http: ':1'}\nenablePasswordDB: true\n").count == 1)
    }

    @Test("anchors, aliases and merge keys work, and what is written wins over what is merged")
    func aliases() throws {
        let configuration = try load(
            minimal + """
                staticClients:
                - &base
                  id: a
                  name: A
                  secret: s
                  redirectURIs: &uris [https://a.example.com/cb]
                - <<: *base
                  ID: b
                - <<: [{id: c}, {id: never}, *base]
                  redirectURIs: *uris
                """
        ).configuration
        #expect(configuration.staticClients.map(\.id) == ["a", "b", "c"])
        #expect(configuration.staticClients.map(\.name) == ["A", "A", "A"])
        #expect(configuration.staticClients.allSatisfy { $0.redirectURIs == ["https://a.example.com/cb"] })
    }

    @Test("aliases of aliases cannot fill the memory")
    func laughs() {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            yaml += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        #expect(problems(yaml) == ["c.yaml:1:34: more than 500000 values; aliases of aliases multiply"])
    }

    @Test("deep nesting is refused", arguments: [65, 900, 100_000])
    func depth(levels: Int) {
        #expect(problems("a: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).count == 1)
        #expect(problems(String(repeating: "- ", count: levels) + "x").count == 1)
    }

    @Test("a file that is too large is refused")
    func size() {
        #expect(problems(String(repeating: "# \n", count: 2 << 20)) == ["c.yaml:1:1: the file is larger than 4 MiB"])
    }

    @Test(
        "a duplicate is found behind every kind of line end, and when the text holds private-use characters",
        arguments: [
            ("a: 1\r\nb: 2\r\nb: 3\r\n", 3), ("a: é\u{85}b: 2\u{2028}b: 3\n", 3), ("\u{FEFF}b: 2\nb: 3\n", 2),
            ("a: \u{E000}\nb: 2\nb: 3\n", 2),
            ("&x b: 1\n&y b: 2\n", 1), ("'b': 1\n\"b\": 2\n", 2), ("? b\n: 1\n? b\n: 2\n", 3),
        ])
    func duplicates(yaml: String, line: Int) {
        #expect(problems(yaml).contains { $0.hasPrefix("c.yaml:\(line):") && $0.contains("written twice") })
    }

    @Test("duplicates are refused even when unknown keys are not")
    func lenientDuplicates() {
        #expect(problems(minimal + "x: 1\nx: 2\n", options: LoadOptions(lenient: true)).count == 1)
    }

    @Test("more duplicates than can be marked are still refused")
    func manyDuplicates() {
        let lines = (0..<200).map { "k\($0): a\nk\($0): b\n" }.joined()
        #expect(!problems(lines).isEmpty)
    }
}
