import Bytes
import JOSE

/// A text that should be a token, as people paste it.
struct TokenText: Sendable, Hashable {
    let text: String

    /// Takes line ends within and white space around it away, and the word Bearer before it.
    init(_ text: String) {
        var words = text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { Substring($0) }
        if words.count > 1, words[0].asciiLowercased == "bearer" { words.removeFirst() }
        self.text = words.joined()
    }

    func token() throws(Failure) -> UnverifiedJWS {
        guard !text.isEmpty else { throw Failure("no token was given, neither as argument nor on standard input") }
        let dots = text.utf8.count { $0 == UInt8(ascii: ".") }
        guard dots != 4 else { throw Failure("five parts are an encrypted token (JWE), which only its receiver can read") }
        do throws(JWSError) { return try UnverifiedJWS(parsing: text) } catch { throw Failure(error.reason) }
    }
}
