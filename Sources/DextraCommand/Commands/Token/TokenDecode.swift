import ArgumentParser
import Glibc
import JOSE
import OpenIDConnect

struct TokenDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Show what is in an ID or access token, and verify its signature.",
        discussion: """
            Without a key set nothing in the token is to be believed. With one, exit status 1 says that the signature is \
            not by a key in it. Times are told, not judged: an expired token can have a good signature.

              dextra token decode eyJhbGciOi…
              curl -fsS https://sso.example.com/dex/keys > keys.json
              dextra token decode --jwks keys.json < token
            """)

    @Argument(help: "The token; - or nothing reads it from standard input, where nobody else can see it.")
    var token: String = "-"

    @Option(help: "A file with the issuer's keys, a JWK set.", completion: .file())
    var jwks: String?

    @OptionGroup var outputOptions: OutputOptions

    func run() throws {
        let keys = try jwks.map { path in try KeySetFile(path: path).keys }
        let token = try TokenText(token == "-" ? try input() : token).token()
        let report = TokenReport(token, keys: keys, now: SystemClock().now)
        outputOptions.output.print(text: report.text, json: report.json)
        if case .refused = report.verification { throw ExitCode.failure }
    }

    private func input() throws(Failure) -> String {
        if isatty(STDIN_FILENO) == 1 { StandardError.write("Paste the token, then Enter and Ctrl-D:\n") }
        return String(decoding: try FileDescriptor.read(STDIN_FILENO, limit: 2 * JWS.maximumLength), as: UTF8.self)
    }
}
