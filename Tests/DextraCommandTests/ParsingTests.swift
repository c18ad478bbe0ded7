import ArgumentParser
import Testing

@testable import dextra

@Suite("The command line")
struct ParsingTests {
    static let understoodCases: [String] = [
        "check config.yaml", "check config.yaml --lenient --output json", "hash", "hash --cost 12 --password-stdin", "version",
        "version --output json",
        "user add ann@example.com --config c.yaml",
        "user add ann@example.com --username ann --name Ann --groups a,b --user-id 1 --unverified --database x.db",
        "user list --database x.db --output json", "user set-password ann@example.com --config c", "user disable a@b --config c",
        "user enable a@b --config c", "user remove a@b --config c",
        "client add --config c", "client add dashboard --config c",
        "client add --id dashboard --name D --redirect-uri https://a.example.com/cb --config c",
        "client add a --public --redirect-uri http://127.0.0.1/cb --redirect-uri http://[::1]/cb --config c",
        "client add a --auth-method private_key_jwt --jwks k.json --config c",
        "client add a --post-logout-redirect-uri https://a.example.com/ --post-logout-redirect-uri app://out --config c",
        "client add a --trusted-peer b --allowed-connector local --config c",
        "client list --config c", "client rotate-secret a --config c", "client rotate a --config c", "client remove a --config c",
        "key list --config c", "key rotate --config c --algorithm ES256", "key import k.pem --passphrase-file p --database d",
        "token decode", "token decode -", "token decode a.b.c --jwks k.json --output json",
    ]

    @Test("is understood", arguments: understoodCases)
    func understood(_ line: String) throws {
        _ = try DextraCommand.parseAsRoot(line.split(separator: " ").map(String.init))
    }

    static let wrongCases: [String] = [
        "nonsense", "check", "check a b", "hash --cost 3", "hash --cost 21", "hash secret", "user add", "user add ann --config c",
        "user add a@b", "user add a@b --config c --database d", "user add a@b --password secret --config c", "user list",
        "user add a@b --output yaml --config c", "user add a@b --user-id= --config c",
        "client add a --redirect-uri relative --config c", "client add a --redirect-uri https://a/#f --config c",
        "client add a --redirect-uri= --config c", "client add a --post-logout-redirect-uri /out --config c",
        "client add a --post-logout-redirect-uri javascript:x --config c",
        "client add a --post-logout-redirect-uri urn:ietf:wg:oauth:2.0:oob --config c",
        "client add a --redirect-uri javascript:x --config c", "client add a --id b --config c", "client add --id= --config c",
        "client add a --auth-method none --config c", "client add a --public --auth-method client_secret_basic --config c",
        "client add a --auth-method private_key_jwt --config c", "client add a --auth-method client_secret_jwt --config c",
        "client add a --auth-method magic --config c", "client rotate-secret --config c", "client remove --config c",
        "key import --config c", "key rotate --algorithm HS256 --config c", "key rotate --algorithm none --config c",
        "token decode a b",
    ]

    @Test("is refused as wrong usage: 64", arguments: wrongCases)
    func wrong(_ line: String) {
        let error = #expect(throws: (any Error).self) {
            try DextraCommand.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        #expect(error.map { DextraCommand.exitCode(for: $0).rawValue } == 64)
    }

    @Test("takes no secret as an argument, anywhere")
    func noSecretsInArguments() {
        let help = Self.everyHelp(of: DextraCommand.self)
        #expect(help.contains("--password-stdin"))
        #expect(!help.contains("--password "))
        #expect(!help.contains("--secret "))
        #expect(!help.contains("--passphrase "))
    }

    private static func everyHelp(of command: any ParsableCommand.Type) -> String {
        command.helpMessage() + command.configuration.subcommands.map(everyHelp).joined()
    }
}
