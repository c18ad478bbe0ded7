import ArgumentParser
import Bytes
import Dextra
import Edge
import Glibc
import JOSE

struct PolicyExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell which rule decides about a request, and why.",
        discussion: """
            Every rule that is looked at is shown, with the first thing in it that does not fit. Nothing is asked of anybody. \
            With --config a token's signature and times are checked where the keys are in the configuration or in its \
            database; where they are not, the answer says so. With --policy alone a token's claims are taken as they are. \
            Exit status 0 means allowed, 1 not allowed.

              dextra policy explain --config config.yaml --request "GET https://app.example.com/api/things" --token eyJhbGciOi…
              dextra policy explain --policy istio.yaml --request "POST https://app.example.com/v1/models/m:predict" \\
                --claims '{"iss": "https://sso.example.com/dex", "sub": "ann", "groups": ["admins"]}'

            With --batch, requests are read from standard input, one JSON object a line, and one is written for each: method, \
            url, headers (an object, or a list of pairs), token, claims, clientAddress, peerAddress, peerPrincipal, \
            destinationAddress, destinationPort, serverName, selector.
            """)

    @Option(
        help: "A file with policies, or with Istio's manifests. May be given several times.",
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var policy: [String] = []

    @Option(help: "A configuration file, whose edge is asked.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var config: String?

    @Option(help: "The request: a method and a URL.")
    var request: String?

    @Option(help: "A header of the request, as in \"Accept: text/html\". May be given several times.")
    var header: [String] = []

    @Option(help: "Who asks: a token; - reads it from standard input.")
    var token: String?

    @Option(help: "Who asks: a token's claims, as JSON.")
    var claims: String?

    @Option(name: .customLong("client-address"), help: "Where the client is.")
    var clientAddress: String?

    @Option(name: .customLong("peer-address"), help: "The other end of the proxy's connection.")
    var peerAddress: String?

    @Option(name: .customLong("peer-principal"), help: "What mutual TLS proved, as in cluster.local/ns/default/sa/web.")
    var peerPrincipal: String?

    @Option(name: .customLong("destination-port"), help: "The port that the proxy was asked at.")
    var destinationPort: Int?

    @Option(help: "The group of policies that the proxy names.")
    var selector: String?

    @Option(help: "How paths are normalized, instead of what the file says: NONE, BASE, MERGE_SLASHES, DECODE_AND_MERGE_SLASHES.")
    var normalization: String?

    @Flag(help: "Decide about requests on standard input, one a line.")
    var batch = false

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard !policy.isEmpty || config != nil else { throw ValidationError("give --policy FILE or --config FILE") }
        guard batch != (request != nil) else { throw ValidationError("give --request \"GET https://host/path\" or --batch") }
        guard token == nil || claims == nil else { throw ValidationError("--token and --claims cannot both be given") }
    }

    func run() async throws {
        let policies = try await PolicySource(files: policy, config: config, normalization: normalization).load()
        if batch { return try await run(policies) }
        var asked = try AskedRequest(request ?? "", headers: header)
        asked.request.clientAddress = clientAddress ?? ""
        asked.request.peerAddress = peerAddress ?? clientAddress ?? ""
        asked.request.peerPrincipal = peerPrincipal
        asked.request.destinationPort = destinationPort
        asked.request.policySelector = selector
        asked.token = try token.map { $0 == "-" ? try input() : $0 }
        asked.claims = try claims.map { try AskedRequest.claims($0) }
        let report = try await PolicyReport(asked, policies)
        outputOptions.output.print(text: report.text, json: report.json)
        guard report.isAllowed else { throw ExitCode.failure }
    }

    private func input() throws(Failure) -> String {
        String(decoding: try FileDescriptor.read(STDIN_FILENO, limit: 2 * JWS.maximumLength), as: UTF8.self)
    }

    private func run(_ policies: LoadedPolicies) async throws {
        let text = String(decoding: try FileDescriptor.read(STDIN_FILENO, limit: 256 << 20), as: UTF8.self)
        var output = ""
        for (number, line) in text.fields(at: "\n").enumerated() {
            do throws(Failure) {
                output += try await PolicyReport(AskedRequest(json: String(line)), policies).json.text + "\n"
            } catch {
                throw Failure("line \(number + 1): \(error.description)")
            }
        }
        StandardOutput.write(Printable.json(output))
    }
}
