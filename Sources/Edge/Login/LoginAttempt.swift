import FoundationEssentials
import JOSE

/// What the browser keeps, sealed, while a person is at the provider. Each attempt has a cookie of its own, so that many tabs
/// can log in at once.
struct LoginAttempt: Sendable, Hashable {
    let state: String
    let nonce: String
    /// RFC 7636 §4.1
    let verifier: String
    /// Where the person wanted to go.
    let target: String
    /// Where the provider sends the code.
    let redirectURI: String
    /// The host at which it was begun, as the browser wrote it.
    let host: String
    let startedAt: Date

    static let lifetime: TimeInterval = 900
    /// More are leftovers: the oldest go first.
    static let mostAtOnce = 8

    init(target: String, redirectURI: String, host: String, startedAt: Date, random: any RandomSource) {
        state = Base64URL.encode(random.bytes(24))
        nonce = Base64URL.encode(random.bytes(16))
        verifier = Base64URL.encode(random.bytes(32))
        self.target = target
        self.redirectURI = redirectURI
        self.host = host
        self.startedAt = startedAt
    }

    init?(_ bytes: [UInt8]) {
        guard let object = (try? JSON(parsing: bytes))?.object, let state = object["s"]?.string, let nonce = object["n"]?.string,
            let verifier = object["v"]?.string, let target = object["t"]?.string, let redirectURI = object["r"]?.string,
            let host = object["h"]?.string, let startedAt = object["c"]?.integer
        else { return nil }
        self.state = state
        self.nonce = nonce
        self.verifier = verifier
        self.target = target
        self.redirectURI = redirectURI
        self.host = host
        self.startedAt = Date(timeIntervalSince1970: Double(startedAt))
    }

    var serialized: [UInt8] {
        JSON.object([
            "s": .string(state), "n": .string(nonce), "v": .string(verifier), "t": .string(target), "r": .string(redirectURI),
            "h": .string(host), "c": .integer(Int64(startedAt.timeIntervalSince1970)),
        ]).serialized()
    }

    var challenge: String { Base64URL.encode(HashAlgorithm.sha256.hash(Array(verifier.utf8))) }

    func isAlive(_ now: Date) -> Bool { startedAt <= now + 60 && now < startedAt + Self.lifetime }

    /// The end of its cookie's name.
    static func suffix(state: String) -> String? {
        // Anything else could not stand in a cookie's name.
        guard state.utf8.count == 32, (try? Base64URL.decode(state)) != nil else { return nil }
        return String(state.unicodeScalars.prefix(8))
    }
}
