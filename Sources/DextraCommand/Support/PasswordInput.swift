import Glibc

/// Asks for a new password: twice and without echo at a terminal, else from standard input. There is no argument for it, as
/// everybody on the machine can read those.
struct PasswordInput: Sendable {
    var input: Int32 = STDIN_FILENO
    var prompts: Int32 = STDERR_FILENO

    /// Nobody's password, and enough to say that it is too long.
    private static let limit = 4096

    /// - Parameter subject: whose password, for the prompt.
    func read(for subject: String) throws -> NewPassword {
        let bytes = isatty(input) == 1 ? try ask(subject) : try line()
        do { return try NewPassword(bytes) } catch { throw Failure(error.description) }
    }

    /// From a pipe or a file, for `--password-stdin`.
    func readPiped() throws -> NewPassword {
        guard isatty(input) != 1 else { throw Failure("standard input is a terminal; leave out --password-stdin to be asked") }
        do { return try NewPassword(try line()) } catch let problem as PasswordProblem { throw Failure(problem.description) }
    }

    /// A password that exists already: asked for once, and taken as it is.
    func readCurrent(of subject: String) throws -> String {
        let bytes: [UInt8]
        if isatty(input) == 1 {
            let terminal = try HiddenTerminal(input)
            defer { terminal.restore() }
            bytes = try answer("Password of \(Printable.line(subject)): ", terminal)
        } else {
            bytes = try line()
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
            throw Failure("the password is empty, or not UTF-8 text")
        }
        return text
    }

    private func line() throws(Failure) -> [UInt8] {
        var bytes = try FileDescriptor.read(input, limit: Self.limit)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.contains(UInt8(ascii: "\n")) else {
            throw Failure("standard input has several lines; the password must be alone in it")
        }
        return bytes
    }

    private func ask(_ subject: String) throws(Failure) -> [UInt8] {
        let terminal = try HiddenTerminal(input)
        defer { terminal.restore() }
        let first = try answer("New password\(subject.isEmpty ? "" : " for \(Printable.line(subject))"): ", terminal)
        // A password that will be refused need not be typed twice.
        do throws(PasswordProblem) { _ = try NewPassword(first) } catch { throw Failure(error.description) }
        guard try answer("The same again: ", terminal) == first else {
            throw Failure("the two passwords differ; nothing was changed")
        }
        return first
    }

    private func answer(_ prompt: String, _ terminal: HiddenTerminal) throws(Failure) -> [UInt8] {
        FileDescriptor.write(prompt, to: prompts)
        defer { FileDescriptor.write("\n", to: prompts) }
        return try terminal.readLine(limit: Self.limit)
    }
}

/// A terminal that shows nothing of what is typed, until ``restore()``.
struct HiddenTerminal: Sendable {
    private let descriptor: Int32
    private let before: termios

    init(_ descriptor: Int32) throws(Failure) {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { throw Self.failed }
        self.descriptor = descriptor
        before = settings
        // Ctrl-C must not end the program while echo is off, and must not have to wait for Enter either: it becomes a
        // character that ends the line.
        settings.c_lflag &= ~tcflag_t(ECHO | ECHONL | ISIG)
        settings.c_lflag |= tcflag_t(ICANON)
        withUnsafeMutableBytes(of: &settings.c_cc) { characters in
            characters[Int(VEOL)] = Self.interrupt
        }
        // What was typed before the prompt is not meant for it.
        guard tcsetattr(descriptor, TCSAFLUSH, &settings) == 0 else { throw Self.failed }
    }

    func restore() {
        var settings = before
        _ = tcsetattr(descriptor, TCSAFLUSH, &settings)
    }

    /// One line, without its end.
    func readLine(limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count <= limit {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw Self.failed }
            if count == 0 || byte == UInt8(ascii: "\n") { return bytes }
            if byte == Self.interrupt { throw Failure("interrupted; nothing was changed") }
            // An arrow key or a slip of the finger: nobody could type that again in a form.
            guard byte >= 0x20, byte != 0x7F else { throw Failure("the password has a control character; type it again without") }
            bytes.append(byte)
        }
        return bytes
    }

    private static let interrupt: UInt8 = 3
    private static var failed: Failure { Failure("the terminal cannot be asked: \(String(cString: strerror(errno)))") }
}
