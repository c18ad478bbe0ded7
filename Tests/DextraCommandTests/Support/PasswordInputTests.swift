import Foundation
import Glibc
import Testing

@testable import dextra

@Suite("The password prompt", .serialized)
struct PasswordInputTests {
    @Test("takes what was typed twice and shows nothing of it")
    func twice() throws {
        let terminal = try PseudoTerminal()
        let shown = try terminal.typing(["correct horse\n", "correct horse\n"]) { input in
            let password = try input.read(for: "ann")
            #expect(try password == NewPassword(Array("correct horse".utf8)))
        }
        #expect(shown.prompts == "New password for ann: \nThe same again: \n")
        #expect(!shown.screen.contains("horse"))
        #expect(terminal.echoes, "echo is on again")
    }

    static let refusedCases: [([String], String)] = [
        (["correct horse\n", "correct hors\n"], "differ"),
        (["short\n"], "at least 8"),
        (["correct\u{3}"], "interrupted"),
        (["correct \u{1B}[A horse\n"], "control character"),
    ]

    @Test("changes nothing after a slip, and restores the terminal", arguments: refusedCases)
    func refused(_ typed: [String], _ reason: String) throws {
        let terminal = try PseudoTerminal()
        _ = try terminal.typing(typed) { input in
            let failure = #expect(throws: Failure.self) { try input.read(for: "") }
            #expect(failure?.description.contains(reason) == true)
        }
        #expect(terminal.echoes)
    }

    static let pipedCases: [(String, String?)] = [
        ("correct horse", "correct horse"), ("correct horse\n", "correct horse"), ("correct horse\r\n", "correct horse"),
        ("correct horse\nbattery\n", nil), ("", nil), ("\n", nil), (String(repeating: "a", count: 5000), nil),
    ]

    @Test("reads one line of a pipe", arguments: pipedCases)
    func piped(_ text: String, _ password: String?) throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try pipe.fileHandleForWriting.close()
        let input = PasswordInput(input: pipe.fileHandleForReading.fileDescriptor)
        if let password {
            #expect(try input.read(for: "") == NewPassword(Array(password.utf8)))
        } else {
            #expect(throws: Failure.self) { try input.read(for: "") }
        }
    }

    @Test("does not read a terminal as if it were a pipe")
    func pipedTerminal() throws {
        let terminal = try PseudoTerminal()
        #expect(throws: Failure.self) { try PasswordInput(input: terminal.descriptor).readPiped() }
    }
}

/// A terminal without a screen, at which the test types.
private final class PseudoTerminal {
    let descriptor: Int32
    private let keyboard: Int32

    init() throws {
        // posix_openpt and its kind are not in Swift's Glibc; this is what they do on Linux.
        keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var lock: Int32 = 0
        var number: Int32 = 0
        let unlock: UInt = 0x4004_5431
        let getNumber: UInt = 0x8004_5430
        try #require(keyboard >= 0 && ioctl(keyboard, unlock, &lock) == 0 && ioctl(keyboard, getNumber, &number) == 0)
        descriptor = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        try #require(descriptor >= 0)
    }

    deinit {
        close(descriptor)
        close(keyboard)
    }

    var echoes: Bool {
        var settings = termios()
        return tcgetattr(descriptor, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }

    /// Types one text at each prompt.
    func typing(_ texts: [String], _ body: (PasswordInput) throws -> Void) throws -> (prompts: String, screen: String) {
        let prompts = Pipe()
        let seen = Typist(texts: texts, prompts: prompts.fileHandleForReading, keyboard: keyboard)
        let thread = Thread { seen.run() }
        thread.start()
        try body(PasswordInput(input: descriptor, prompts: prompts.fileHandleForWriting.fileDescriptor))
        try prompts.fileHandleForWriting.close()
        seen.done.wait()
        return (seen.text, screen())
    }

    /// What the terminal would show by now.
    private func screen() -> String {
        _ = fcntl(keyboard, F_SETFL, O_NONBLOCK)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(keyboard, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}

/// Reads prompts to their end, and answers each.
private final class Typist: @unchecked Sendable {
    // One thread writes `text`, and the other reads it after `done`.
    private(set) var text = ""
    let done = DispatchSemaphore(value: 0)
    private let texts: [String]
    private let prompts: FileHandle
    private let keyboard: Int32

    init(texts: [String], prompts: FileHandle, keyboard: Int32) {
        self.texts = texts
        self.prompts = prompts
        self.keyboard = keyboard
    }

    func run() {
        var answers = texts[...]
        while let byte = try? prompts.read(upToCount: 1), !byte.isEmpty {
            text += String(decoding: byte, as: UTF8.self)
            if text.hasSuffix(": "), let answer = answers.popFirst() { FileDescriptor.write(answer, to: keyboard) }
        }
        done.signal()
    }
}
