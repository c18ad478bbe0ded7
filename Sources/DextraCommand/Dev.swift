import ArgumentParser
import Bytes
import DexConfiguration
import Dextra
import FoundationEssentials
import Glibc
import JOSE

struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Run a provider for trying things out: no configuration, no database server.",
        discussion: """
            Users, clients and keys are made up and live in memory, so that nothing is left behind. It listens on this machine
            only, and its passwords are known to everybody: never let others reach it.

              dextra dev
              dextra dev --port 0                 another free port
              dextra dev --database dev.db        keep keys, tokens and stored users
              dextra dev --output json            one line for scripts
            """)

    @Option(help: "The port to listen on; 0 takes a free one.")
    var port: UInt16 = 5556

    @Option(help: "Keep state in this SQLite file instead of memory.", completion: .file())
    var database: String?

    @Option(help: "How to print what was started: text or json.")
    var output: OutputFormat = .text

    func run() async throws {
        let port = port == 0 ? try FreePort.find() : port
        let environment = DevEnvironment(port: port, database: database)
        let result: LoadResult
        do {
            result = try Configuration.load(
                yaml: environment.configuration, file: "dextra dev", environment: [:], readFile: ConfigurationFile.read)
        } catch {
            throw Failure("\(error)")
        }
        var options = ProviderOptions.standard
        options.exampleClientID = DevEnvironment.clientID
        let output = output
        do {
            try await Running.run(result.configuration, options: options, reload: nil) { _ in environment.announce(as: output) }
        } catch let failure as Failure where "\(failure)".containsBytes(of: "in use") {
            throw Failure("\(failure); stop what listens there, or take a free port: dextra dev --port 0")
        }
    }
}

/// What `dextra dev` makes up.
struct DevEnvironment: Sendable {
    static let clientID = "example-app"
    static let clientSecret = "ZXhhbXBsZS1hcHAtc2VjcmV0"
    static let email = "admin@example.com"
    static let password = "password"

    let port: UInt16
    let database: String?

    private var origin: String { "http://127.0.0.1:\(port)" }
    var issuer: String { origin + "/dex" }
    var exampleApp: String { origin + "/example" }
    var curl: String {
        "curl -s \(issuer)/token -u \(Self.clientID):\(Self.clientSecret) -d grant_type=password -d username=\(Self.email) "
            + "-d password=\(Self.password) -d 'scope=openid email profile groups offline_access'"
    }

    /// The same as a Dex configuration file, so that nothing here works that would not work there. JSON is YAML.
    var configuration: String {
        let storage: JSON = database.map { ["type": "sqlite3", "config": ["file": .string($0)]] } ?? ["type": "memory"]
        // bcrypt of `password`, cost 10.
        let hash = "$2b$10$Z6nAZoBrFA5VNaB2f5.uVOn5U5JE8/SLBvqqEJzSrzRS1Tcbx3M1O"
        let configuration: JSON = [
            "issuer": .string(issuer),
            "storage": storage,
            "web": ["http": .string("127.0.0.1:\(port)")],
            "logger": ["level": "warn"],
            "oauth2": [
                "passwordConnector": "local", "responseTypes": ["code", "token", "id_token"],
            ],
            "frontend": ["issuer": "Dextra"],
            "enablePasswordDB": true,
            "staticClients": [
                [
                    "id": .string(Self.clientID), "secret": .string(Self.clientSecret), "name": "Example App",
                    "redirectURIs": [
                        .string(exampleApp + "/callback"), "http://127.0.0.1:5555/callback", "http://localhost:8000/callback",
                    ],
                ],
                ["id": "cli", "public": true, "name": "A command line", "redirectURIs": []],
            ],
            "staticPasswords": [
                [
                    "email": .string(Self.email), "hash": .string(hash), "username": "admin", "name": "Ada Admin",
                    "preferredUsername": "admin",
                    "userID": "08a8684b-db88-4b73-90a9-3cd1661f5466", "groups": ["admins", "developers"],
                ],
                [
                    "email": "user@example.com", "hash": .string(hash), "username": "user", "name": "Uwe User",
                    "preferredUsername": "user",
                    "userID": "41331323-6f44-45e6-b3b9-2c4b60c02be5", "groups": ["developers"],
                ],
            ],
        ]
        return String(decoding: configuration.serialized(), as: UTF8.self)
    }

    func announce(as output: OutputFormat) {
        switch output {
        case .json:
            let line: JSON = [
                "issuer": .string(issuer), "user": .string(Self.email), "password": .string(Self.password),
                "clientID": .string(Self.clientID),
                "clientSecret": .string(Self.clientSecret), "exampleApp": .string(exampleApp), "curl": .string(curl),
            ]
            print(String(decoding: line.serialized(), as: UTF8.self))
        case .text:
            print(
                """
                Dextra is ready. It is for trying things out: everybody knows its passwords.

                  Issuer    \(issuer)
                  User      \(Self.email)      password: \(Self.password)
                            user@example.com       password: \(Self.password)
                  Client    \(Self.clientID)           secret: \(Self.clientSecret)
                            cli                    public, any loopback redirect URI, PKCE

                Sign in with a browser and see the claims:
                  \(exampleApp)

                Get tokens on the command line:
                  \(curl)

                Ctrl-C stops it\(database == nil ? " and forgets everything" : "").
                """)
        }
        fflush(nil)
    }
}

/// Asks the system for a port that nobody listens on.
enum FreePort {
    static func find() throws -> UInt16 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Failure("no socket can be opened: \(String(cString: strerror(errno)))") }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, length) == 0 ? getsockname(socket, pointer, &length) : -1
            }
        }
        guard status == 0 else { throw Failure("no free port was found: \(String(cString: strerror(errno)))") }
        return UInt16(bigEndian: address.sin_port)
    }
}
