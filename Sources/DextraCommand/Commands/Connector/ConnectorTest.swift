import ArgumentParser
import Bytes
import Connectors
import DexConfiguration
import Dextra

struct ConnectorTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Look somebody up as a login would, and show each step.",
        discussion: """
            Shows the server, what protects the connection, each search as it is sent, what it finds, and the claims that \
            would result. Nothing is changed. Exit status 0 means that the person can log in.

              dextra connector test ldap --user jane --config config.yaml
              dextra connector test ldap --user jane --try-password --config config.yaml
            """)

    @Argument(help: "The connector's id in the configuration.")
    var id: String

    @Option(help: "What the person would type as their name.")
    var user: String

    @Option(help: "The configuration file.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var config: String

    @Flag(
        name: .customLong("try-password"),
        help: "Also try the person's password: asked for at a terminal, else read from standard input. It is never shown.")
    var password = false

    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        let connector = try connector()
        let password = password ? try PasswordInput().readCurrent(of: user) : nil
        let examination = await LDAPConnector.examine(connector.ldap, id: id, username: user, password: password)
        let report = ConnectorReport(connector.ldap, id: id, name: connector.name, user: user, examination)
        outputOptions.output.print(text: report.text, json: report.json)
        guard examination.problem == nil else { throw ExitCode.failure }
    }

    private func connector() throws -> (name: String, ldap: Configuration.Connector.LDAP) {
        let configuration = try ConfigurationFile(path: config, options: LoadOptions()).load()
        guard let connector = configuration.connectors.first(where: { $0.id.hasSameBytes(as: id) }) else {
            let ids = configuration.connectors.map(\.id).joined(separator: ", ")
            throw Failure("\(config) has no connector \(Printable.line(id)); it has \(ids.isEmpty ? "none" : ids)")
        }
        guard case .ldap(let ldap) = connector.kind else {
            throw Failure("the connector \(Printable.line(id)) is not of type ldap; only those can be tested")
        }
        return (connector.name, ldap)
    }
}
