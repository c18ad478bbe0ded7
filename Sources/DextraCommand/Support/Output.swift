import Glibc
import JOSE

/// Where results go: standard output, for a person or a pipe.
enum StandardOutput {
    static func write(_ text: String) {
        FileDescriptor.write(text, to: STDOUT_FILENO)
    }
}

/// Where everything goes that is no result: prompts, remarks, warnings.
enum StandardError {
    static func write(_ text: String) {
        FileDescriptor.write(text, to: STDERR_FILENO)
    }
}

extension OutputFormat {
    /// Prints a result in this format.
    func print(text: @autoclosure () -> String, json: @autoclosure () -> JSON) {
        switch self {
        case .text: StandardOutput.write(text() + "\n")
        case .json: StandardOutput.write(Printable.json(json().text) + "\n")
        }
    }
}

enum FileDescriptor {
    /// All of it, however small the pipe. If nobody reads any more there is nobody to tell, either.
    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }

    /// Everything up to its end.
    /// - Parameter limit: in bytes; more is refused.
    static func read(_ descriptor: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure("standard input cannot be read: \(String(cString: strerror(errno)))")
            }
            bytes += buffer.prefix(count)
            guard bytes.count <= limit else { throw Failure("standard input is longer than \(limit) bytes") }
        }
    }
}
