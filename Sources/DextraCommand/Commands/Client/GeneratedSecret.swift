import JOSE
import OpenIDConnect

/// A client's new secret: 256 random bits, so that its SHA-256 may be stored. Shown once, to whoever asked for it.
struct GeneratedSecret: Sendable {
    /// base64url, 43 characters: needs no escaping in forms, headers and shells.
    let text: String

    init(random: any RandomSource) {
        text = Base64URL.encode(random.bytes(32))
    }

    var stored: ClientSecret {
        .sha256(HashAlgorithm.sha256.hash(Array(text.utf8)))
    }
}

extension GeneratedSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "***" }
    var debugDescription: String { "***" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
