import Foundation
import JOSE
import OpenIDConnect
import Testing

@testable import dextra

@Suite("The built program")
struct ProgramTests {
    private let folder: URL
    private var database: String { folder.appending(path: "x.db").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "dextra-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs the executable beside the tests to its end.
    private func dextra(_ arguments: String..., input: String = "") throws -> Result {
        try dextra(arguments, input: input)
    }

    private func dextra(_ arguments: [String], input: String = "") throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(
            path: "dextra")
        process.arguments = arguments
        let (stdin, stdout, stderr) = (
            Pipe(), folder.appending(path: UUID().uuidString), folder.appending(path: UUID().uuidString)
        )
        for file in [stdout, stderr] { try Data().write(to: file) }
        process.standardInput = stdin
        process.standardOutput = try FileHandle(forWritingTo: stdout)
        process.standardError = try FileHandle(forWritingTo: stderr)
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: try String(contentsOf: stdout, encoding: .utf8),
            errors: try String(contentsOf: stderr, encoding: .utf8))
    }

    private func json(_ result: Result) throws -> JSON {
        try JSON(parsing: Array(result.output.utf8))
    }

    @Test("keeps a user from the first day to the last")
    func user() throws {
        let password = "correct horse battery"
        let added = try dextra(
            "user", "add", "Ann@example.com", "--database", database, "--cost", "4", "--output", "json", input: password + "\n")
        #expect(added.status == 0)
        #expect(try json(added)["email"] == "ann@example.com")
        #expect(try dextra("user", "add", "ann@example.com", "--database", database, input: password).status == 1)
        #expect(
            try dextra(
                "user", "set-password", "ann@example.com", "--database", database, "--cost", "4", input: "another password"
            ).status == 0)
        let disabled = try dextra("user", "disable", "ann@example.com", "--database", database)
        #expect(disabled.output.contains("refresh tokens are refused"))
        #expect(try json(dextra("user", "list", "--database", database, "--output", "json")).array?.first?["disabled"] == true)
        #expect(try dextra("user", "enable", "ann@example.com", "--database", database).status == 0)
        #expect(
            try dextra("user", "remove", "ann@example.com", "--database", database).output.contains("refresh tokens are refused"))
        let again = try dextra("user", "remove", "ann@example.com", "--database", database)
        #expect(again.status == 1)
        #expect(again.errors.split(separator: "\n").count == 1)
    }

    @Test("shows a client's secret once")
    func client() throws {
        let added = try json(
            dextra(
                "client", "add", "app", "--redirect-uri", "https://a.example.com/cb", "--database", database, "--output", "json"))
        let secret = try #require(added["secret"]?.string)
        #expect(try !dextra("client", "list", "--database", database, "--output", "json").output.contains(secret))
        let renewed = try json(dextra("client", "rotate-secret", "app", "--database", database, "--output", "json"))
        #expect(renewed["secret"]?.string != secret)
        #expect(try dextra("client", "remove", "app", "--database", database).status == 0)
        #expect(try dextra("client", "rotate-secret", "app", "--database", database).status == 1)
    }

    @Test("refuses a bad password and leaves no database behind", arguments: ["", "short", String(repeating: "a", count: 73)])
    func badPassword(_ password: String) throws {
        let result = try dextra("user", "add", "ann@example.com", "--database", database, input: password)
        #expect(result.status == 1)
        #expect(password.isEmpty || !result.errors.contains(password))
        #expect(!FileManager.default.fileExists(atPath: database))
    }

    @Test(
        "makes no database of a mistyped name",
        arguments: [
            ["user", "list"], ["client", "list"], ["key", "list"], ["user", "remove", "a@b"], ["client", "remove", "a"],
        ])
    func mistyped(_ arguments: [String]) throws {
        #expect(try dextra(arguments + ["--database", database]).status == 1)
        #expect(!FileManager.default.fileExists(atPath: database))
    }

    @Test("says what is wrong with a file that is no database")
    func corrupt() throws {
        try Data(repeating: 65, count: 8192).write(to: URL(filePath: database))
        let result = try dextra("user", "list", "--database", database)
        #expect(result.status == 1)
        #expect(result.errors.contains("not a sound SQLite database"))
    }

    @Test("names the schema of a newer program")
    func newer() {
        let failure = Failure(StoreError.newerSchema(found: 7, known: 1), path: "x.db")
        #expect(failure.description.contains("schema 7") && failure.description.contains("newer"))
    }

    @Test("hashes a password of standard input")
    func hash() throws {
        let result = try dextra("hash", "--cost", "4", input: "correct horse\n")
        #expect(result.output.hasPrefix("$2b$04$"))
        #expect(result.output.count == 61)
    }

    @Test("knows its version")
    func version() throws {
        #expect(try dextra("version").output == "dextra \(Version.text)\n")
        #expect(try json(dextra("version", "--output", "json"))["version"]?.string == Version.text)
    }

    @Test("writes completions for shells", arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) throws {
        #expect(try dextra("--generate-completion-script", shell).output.contains("rotate-secret"))
    }
}
