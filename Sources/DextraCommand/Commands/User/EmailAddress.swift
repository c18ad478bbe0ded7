import ArgumentParser
import Bytes

/// What people type to log in: a text of the form of an address, in lower case. Whether mail arrives there is not looked at.
struct EmailAddress: Sendable, Hashable {
    let text: String

    init?(_ text: String) {
        let parts = text.cut(at: "@")
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), text.utf8.count <= 254,
            text.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0.properties.generalCategory != .control })
        else { return nil }
        self.text = text.asciiLowercased
    }

    /// What stands before the `@`.
    var localPart: String { String(Substring(text.utf8.prefix { $0 != UInt8(ascii: "@") })) }
}

extension EmailAddress: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}
