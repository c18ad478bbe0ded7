@testable import DexConfiguration
import Bytes
import Testing

@Suite("The environment")
struct EnvironmentTests {
    @Test(
        "variables expand as in Go",
        arguments: [
            ("plain", "plain"), ("$A", "one"), ("${A}", "one"), ("x$A-y", "xone-y"), ("$A$B", "onetwo"), ("${A}_${B}", "one_two"),
            ("$A_", ""), ("$UNSET", ""), ("${UNSET}x", "x"), ("$", "$"), ("a$", "a$"), ("$ A", "$ A"), ("$-A", "A"), ("$é", "$é"),
            ("$$A", "A"), ("$1A", "A"), ("${}", ""), ("a${}b", "ab"), ("${A", "A"), ("${A B}", ""), ("${é}", "accent"),
            ("$2a$10$abc", "a0"), ("\\$A", "\\one"), ("{$A}", "{one}"),
        ])
    func expansion(text: String, expected: String) {
        let environment = ["A": "one", "B": "two", "é": "accent"]
        #expect(EnvironmentExpansion.expand(text) { environment[$0] ?? "" } == expected)
    }

    @Test("what a variable holds is not expanded again")
    func once() {
        #expect(EnvironmentExpansion.expand("$A") { $0 == "A" ? "$B" : "no" } == "$B")
    }

    private static let yaml = """
        issuer: https://sso.example.com
        storage: {type: sqlite3, config: {file: "$DIR/x.db"}}
        web: {http: ":1"}
        frontend: {issuer: $DIR}
        signer: {type: file, config: {keys: ["${DIR}/a.pem", b.pem], passphraseFile: $DIR/p}}
        connectors: [{type: mockPassword, id: $DIR, name: $DIR, config: {username: $DIR, password: p$DIR}}]
        staticClients: [{id: $DIR, name: $DIR, secret: $DIR}]
        """

    @Test("only storage, signer and connector configs are expanded, at any depth")
    func places() throws {
        let result = try load(Self.yaml, environment: ["DIR": "/d"])
        #expect(result.warnings.isEmpty)
        let configuration = result.configuration
        #expect(configuration.storage == .sqlite3(file: "/d/x.db"))
        #expect(configuration.signer == .files(.init(keys: ["/d/a.pem", "b.pem"], passphraseFile: "/d/p")))
        #expect(configuration.connectors.first?.kind == .mockPassword(username: "/d", password: Secret("p/d")))
        #expect(configuration.connectors.first?.id == "$DIR")
        #expect(configuration.frontend.issuer == "$DIR")
        #expect(configuration.staticClients.first?.secret == Secret("$DIR"))
    }

    @Test(
        "DEX_EXPAND_ENV switches it off, and a value that is no Go boolean does not",
        arguments: [
            ("false", "$DIR/x.db"), ("0", "$DIR/x.db"), ("F", "$DIR/x.db"), ("true", "/d/x.db"), ("no", "/d/x.db"),
            ("", "/d/x.db"),
        ])
    func expansionSwitch(value: String, file: String) throws {
        let configuration = try load(Self.yaml, environment: ["DIR": "/d", "DEX_EXPAND_ENV": value]).configuration
        #expect(configuration.storage == .sqlite3(file: file))
    }

    @Test("an unset variable is empty, which is a warning")
    func unset() throws {
        let result = try load(Self.yaml.replacing("$DIR/x.db", with: "a${NOPE}b"), environment: ["DIR": "/d"])
        #expect(result.configuration.storage == .sqlite3(file: "ab"))
        #expect(
            result.warnings.map(\.description) == [
                "c.yaml:2:41: storage.config: the environment variable \"NOPE\" is not set, so nothing stands in its place"
            ])
    }

    @Test("a required key that expands to nothing is missing")
    func empty() {
        #expect(
            problems(Self.yaml.replacing("$DIR/x.db", with: "$NOPE"), environment: ["DIR": "/d"]) == [
                "c.yaml:2:34: storage.config.file: missing; a path, for example dextra.db"
            ])
    }

    @Test("ids, secrets and hashes come from variables and files")
    func secrets() throws {
        let hash = "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"
        let configuration = try load(
            minimal + """
                staticClients:
                - {idEnv: ID, name: a, secretEnv: SECRET}
                - {id: b, name: b, secretFile: s.txt, jwksFile: keys.json}
                - {id: c, name: c, secretEnv: SECRET, secret: ""}
                staticPasswords:
                - {email: a@b, hashFromEnv: HASH}
                - {email: c@d, hashFile: hash.txt}
                - {email: e@f, hash: JDJhJDEwJDJiMmNVOENQaE9UYUdyczFIUlF1QXVlUzdKVFQ1WkhzSFN6WWlGUG0xbGVaY2s3TWM4VDRX}
                """,
            environment: ["ID": "a", "SECRET": "s", "HASH": hash],
            files: [
                "s.txt": "file secret\n", "keys.json": #"{"keys": [{"kty": "RSA", "e": "AQAB", "n": "é\"\u0001"}]}"#,
                "hash.txt": hash + "\r\n",
            ]
        ).configuration
        #expect(configuration.staticClients.map(\.id) == ["a", "b", "c"])
        #expect(configuration.staticClients.map(\.secret?.text) == ["s", "file secret", "s"])
        #expect(configuration.staticClients[1].jwks == #"{"keys":[{"kty":"RSA","e":"AQAB","n":"é\"\u0001"}]}"#)
        #expect(configuration.staticPasswords.map(\.hash.text) == [hash, hash, hash])
    }

    @Test("an empty variable or file is no secret")
    func emptySecrets() {
        let yaml = minimal + "staticClients: [{id: a, name: a, secretEnv: E}, {id: b, name: b, secretFile: f}]"
        #expect(
            problems(yaml, environment: ["E": ""], files: ["f": "\n"]) == [
                "c.yaml:5:45: staticClients[0].secretEnv: the environment variable \"E\" is not set or empty",
                "c.yaml:5:78: staticClients[1].secretFile: the file \"f\" is empty",
            ])
    }

    @Test("DEX_FRONTEND_DIR is the directory of pages unless the file names one")
    func frontend() throws {
        let environment: [ExactText: String] = ["DEX_FRONTEND_DIR": "/pages"]
        #expect(try load(minimal, environment: environment).configuration.frontend.directory == "/pages")
        #expect(
            try load(minimal + "frontend: {theme: mine}", environment: environment).configuration.frontend.directory == "/pages")
        #expect(try load(minimal + "frontend: {dir: /own}", environment: environment).configuration.frontend.directory == "/own")
        #expect(try load(minimal).configuration.frontend.directory == nil)
    }

    @Test("switches of Dex for what is not there are warnings")
    func switches() throws {
        let warnings = try load(minimal, environment: ["DEX_SESSIONS_ENABLED": "true", "DEX_ENT_ENABLED": "false"]).warnings
        #expect(
            warnings.map(\.description) == [
                "environment: DEX_SESSIONS_ENABLED: has no effect: browser sessions are not built yet"
            ])
    }
}
