import COpenSSL

/// What OpenSSL had to say about a failed call. For the operator's log, never for a client.
///
/// The texts are OpenSSL's own constants (library and reason); data attached to an entry is left out,
/// as it may quote input.
public struct OpenSSLFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// Takes the calling thread's error queue, which is empty afterward.
    static func take() -> OpenSSLFailure {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            if code == 0 { break }
            let library = ERR_lib_error_string(code).map { String(cString: $0) } ?? "OpenSSL"
            let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
            reasons.append("\(library): \(reason)")
        }
        return OpenSSLFailure(description: reasons.isEmpty ? "no reason given" : reasons.joined(separator: "; "))
    }
}
