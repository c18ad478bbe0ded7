import FoundationEssentials
import JOSE

/// Somebody on the way to an answer. The whole of it travels sealed in the browser's address, so that a stranger's request
/// writes nothing here.
struct SignIn: Sendable {
    /// The same in every seal of it, so that it is answered once, whichever of them comes back.
    let id: [UInt8]
    let request: AuthorizationRequest
    /// SHA-256 of the browser's cookie: an address that leaks is worth nothing elsewhere.
    let browser: [UInt8]
    /// When its last seal ends.
    let endsAt: Date
    /// When the next seal ends: not after ``endsAt``.
    var expiresAt: Date
    /// The connector that was chosen.
    let connectorID: String
    var authentication: Authentication?
    /// What the connector wants to know when the browser is back from another site.
    var memory: [UInt8] = []
    /// What somebody typed whose password was right and has expired; the passwords themselves are kept nowhere.
    var expiredUsername: String?
    /// ``ConnectorIdentity/logoutMemory``, until the browser's cookie has it.
    var logoutMemory: String?
    var hasConsented = false

    /// What its answer uses up. The other machines' clocks may be behind.
    var use: SingleUse {
        SingleUse(
            key: HashAlgorithm.sha256.hash(Array("\0sign-in\n".utf8) + id), until: endsAt + KeySchedule.margin.timeInterval)
    }
}

extension SignIn {
    static let purpose = "sign-in 2"
    /// Of one whose identity came by a POST from another site, and that has still to prove its browser.
    static let answeredPurpose = "sign-in answered 2"
    /// A browser follows a redirect at once.
    static let answeredLifetime = 120.0

    var json: JSON {
        var object: JSONObject = [
            "i": .string(Base64URL.encode(id)), "r": request.json, "b": .string(Base64URL.encode(browser)),
            "x": .integer(Int64(expiresAt.timeIntervalSince1970)),
            "y": .integer(Int64(endsAt.timeIntervalSince1970)), "k": .string(connectorID),
        ]
        if let authentication { object["a"] = authentication.json }
        if let expiredUsername { object["w"] = .string(expiredUsername) }
        if !memory.isEmpty { object["m"] = .string(Base64URL.encode(memory)) }
        if let logoutMemory { object["o"] = .string(logoutMemory) }
        return .object(object)
    }

    init?(sealed bytes: [UInt8]) {
        guard let object = (try? JSON(parsing: bytes))?.object,
            let request = object["r"]?.object.flatMap(AuthorizationRequest.init(sealed:)),
            let browser = object["b"]?.string.flatMap({ try? Base64URL.decode($0) }), let expiry = object["x"]?.integer,
            let end = object["y"]?.integer, let connectorID = object["k"]?.string,
            let id = object["i"]?.string.flatMap({ try? Base64URL.decode($0) }), !id.isEmpty
        else { return nil }
        self.init(
            id: id, request: request, browser: browser, endsAt: Date(timeIntervalSince1970: Double(end)),
            expiresAt: Date(timeIntervalSince1970: Double(expiry)), connectorID: connectorID,
            authentication: object["a"]?.object.flatMap { Authentication(sealed: $0, connectorID: connectorID) },
            memory: object["m"]?.string.flatMap { try? Base64URL.decode($0) } ?? [],
            expiredUsername: object["w"]?.string, logoutMemory: object["o"]?.string)
    }
}

extension Authentication {
    fileprivate var json: JSON {
        var object: JSONObject = [
            "u": .string(identity.userID), "n": .string(identity.username), "p": .string(identity.preferredUsername),
            "e": .string(identity.email), "v": .bool(identity.emailVerified), "g": .array(identity.groups.map(JSON.string)),
            "t": .integer(Int64(time.timeIntervalSince1970)), "m": .array(methods.map(JSON.string)),
        ]
        if let connectorData { object["d"] = .string(Base64URL.encode(connectorData)) }
        return .object(object)
    }

    fileprivate init?(sealed object: JSONObject, connectorID: String) {
        guard let userID = object["u"]?.string, let username = object["n"]?.string, let preferred = object["p"]?.string,
            let email = object["e"]?.string, let verified = object["v"]?.bool, let time = object["t"]?.integer
        else { return nil }
        let strings: (String) -> [String] = { object[$0]?.array?.compactMap(\.string) ?? [] }
        self.init(
            identity: Identity(
                userID: userID, username: username, preferredUsername: preferred, email: email, emailVerified: verified,
                groups: strings("g")),
            connectorID: connectorID, connectorData: object["d"]?.string.flatMap { try? Base64URL.decode($0) },
            time: Date(timeIntervalSince1970: Double(time)), methods: strings("m"))
    }
}
