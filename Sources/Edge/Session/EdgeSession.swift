import Bytes
public import FoundationEssentials
public import JOSE

/// One login of one person in one browser.
public struct EdgeSession: Sendable, Hashable {
    /// What its revocation names; random, and no secret: who knows it cannot use the session.
    public var id: String
    /// The host, without port, whose cookie this is; nil when hosts of a domain share it.
    public var host: String?
    /// Proves who it is, and is what may be passed on.
    public var idToken: String
    /// Its claims.
    public var claims: JSONObject
    /// Kept only where the configuration asks for it.
    public var accessToken: String?
    public var refreshToken: String?
    /// When the person logged in.
    public var createdAt: Date
    /// When the provider last said who it is.
    public var refreshedAt: Date
    /// Last use, written down now and then only.
    public var usedAt: Date

    /// - Returns: nil when the token's payload is no JSON object with `iss`, `sub` and `exp`.
    public init?(
        id: String, host: String?, idToken: String, accessToken: String? = nil, refreshToken: String?, createdAt: Date,
        refreshedAt: Date, usedAt: Date
    ) {
        guard let claims = Self.claims(of: idToken), claims["iss"]?.string != nil, claims["sub"]?.string != nil,
            claims["exp"]?.number != nil
        else { return nil }
        self.id = id
        self.host = host
        self.idToken = idToken
        self.claims = claims
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.createdAt = createdAt
        self.refreshedAt = refreshedAt
        self.usedAt = usedAt
    }

    // Its claims are those of the ID token.
    public static func == (left: EdgeSession, right: EdgeSession) -> Bool {
        func texts(_ session: EdgeSession) -> [ExactText?] {
            [
                session.id.exact, session.host?.exact, session.idToken.exact, session.accessToken?.exact,
                session.refreshToken?.exact,
            ]
        }
        return left.createdAt == right.createdAt && left.refreshedAt == right.refreshedAt && left.usedAt == right.usedAt
            && texts(left) == texts(right)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(id.exact) }

    public var issuer: String { claims["iss"]?.string ?? "" }
    public var subject: String { claims["sub"]?.string ?? "" }
    /// Of the ID token.
    public var tokenExpiresAt: Date { Date(timeIntervalSince1970: claims["exp"]?.number ?? 0) }
    /// `jti` of the ID token: of Dextra's tokens it names the grant, whose revocation ends the session.
    public var tokenID: String? { claims["jti"]?.string }

    /// Nobody checks the signature here: the token was checked when it came, and has been sealed since.
    private static func claims(of token: String) -> JSONObject? {
        let parts = token.cut(at: ".")
        guard parts.count == 3, let payload = try? Base64URL.decode(parts[1]) else { return nil }
        return (try? JSON(parsing: payload))?.object
    }
}

extension EdgeSession {
    /// What is sealed. Times in whole seconds, names of one or two letters: it may have to fit into a cookie.
    var serialized: [UInt8] {
        var object: JSONObject = [
            "i": .string(id), "t": .string(idToken), "c": .integer(Self.seconds(createdAt)),
            "f": .integer(Self.seconds(refreshedAt)), "u": .integer(Self.seconds(usedAt)),
        ]
        if let host { object["h"] = .string(host) }
        if let accessToken { object["a"] = .string(accessToken) }
        if let refreshToken { object["r"] = .string(refreshToken) }
        return JSON.object(object).serialized()
    }

    init?(_ bytes: [UInt8]) {
        guard let object = (try? JSON(parsing: bytes))?.object, let id = object["i"]?.string, let token = object["t"]?.string,
            let created = object["c"]?.integer, let refreshed = object["f"]?.integer, let used = object["u"]?.integer
        else { return nil }
        self.init(
            id: id, host: object["h"]?.string, idToken: token, accessToken: object["a"]?.string,
            refreshToken: object["r"]?.string, createdAt: Self.date(created), refreshedAt: Self.date(refreshed),
            usedAt: Self.date(used))
    }

    private static func seconds(_ date: Date) -> Int64 { Int64(date.timeIntervalSince1970) }
    private static func date(_ seconds: Int64) -> Date { Date(timeIntervalSince1970: Double(seconds)) }
}
