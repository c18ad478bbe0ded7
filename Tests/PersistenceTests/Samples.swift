import Foundation
import JOSE
import OpenIDConnect

/// Random values with every field set to something of its own, so that a lost or swapped column shows.
enum Sample {
    /// Any characters but NUL: quotes, emoji, combining marks, other scripts.
    static func text(_ length: ClosedRange<Int> = 1...20) -> String {
        let pools: [ClosedRange<UInt32>] = [
            0x20...0x7E, 0x01...0x1F, 0xA0...0x2FF, 0x300...0x36F, 0x590...0x6FF, 0x4E00...0x4FFF, 0x1F300...0x1F64F,
        ]
        var text = ""
        for _ in 0..<Int.random(in: length) {
            let pool = pools.randomElement() ?? 0x20...0x7E
            if let scalar = Unicode.Scalar(UInt32.random(in: pool)) { text.unicodeScalars.append(scalar) }
        }
        return text
    }

    static func list() -> [String] {
        (0..<Int.random(in: 0...4)).map { _ in text(0...12) }
    }

    static func bytes(_ count: Int = 32) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255) }
    }

    /// A name that sorts the same everywhere.
    static func id(_ prefix: String = "id") -> String {
        "\(prefix)-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    }

    /// Whole microseconds: finer the store doesn't go.
    static func time() -> Date {
        time(microseconds: Int64.random(in: 1_000_000_000_000_000...4_000_000_000_000_000))
    }

    static func time(microseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }

    static func client(id: String = id("client")) -> Client {
        Client(
            id: id, secret: [nil, .plain(text(0...20)), .sha256(bytes())].randomElement() ?? nil, name: text(0...20),
            redirectURIs: list(), postLogoutRedirectURIs: list(), trustedPeers: list(), isPublic: .random(), logoURL: text(0...9),
            allowedConnectors: list(),
            authenticationMethod: ([nil] + ClientAuthenticationMethod.allCases.map { $0 }).randomElement() ?? nil,
            keys: [nil, "", text()].randomElement() ?? nil, isUserInfoSigned: .random())
    }

    static func user(email: String = id("é") + "@example.com") -> User {
        User(
            email: email, passwordHash: text(), username: text(0...9), name: text(0...9), preferredUsername: text(0...9),
            userID: text(), groups: list(), emailVerified: .random(), isDisabled: .random(), createdAt: time(), updatedAt: time())
    }

    static func authentication(userID: String = text(), connectorID: String = text()) -> Authentication {
        Authentication(
            identity: Identity(
                userID: userID, username: text(0...9), preferredUsername: text(0...9), email: text(0...9),
                emailVerified: .random(), groups: list()),
            connectorID: connectorID, connectorData: [nil, [], bytes(100)].randomElement() ?? nil, time: time(), methods: list())
    }

    static func code(
        grantID: String = id("grant"), clientID: String = id("client"), expiresAt: Date = time()
    ) -> AuthorizationCode {
        let challenge =
            [
                nil,
                CodeChallenge(String(repeating: "a~", count: 30), method: .s256),
                CodeChallenge(String(repeating: "-._z", count: 11), method: .plain),
            ].randomElement() ?? nil
        return AuthorizationCode(
            hash: bytes(), grantID: grantID, clientID: clientID, redirectURI: text(0...20), scopes: list(), nonce: text(0...9),
            authentication: authentication(), codeChallenge: challenge, requestedClaims: list(), expiresAt: expiresAt)
    }

    static func grant(
        id: String = id("grant"), clientID: String = id("client"), userID: String = text(), connectorID: String = text(),
        createdAt: Date = time(), lastUsedAt: Date = time()
    ) -> RefreshGrant {
        RefreshGrant(
            id: id, clientID: clientID, scopes: list(), nonce: text(0...9),
            authentication: authentication(userID: userID, connectorID: connectorID), requestedClaims: list(),
            createdAt: createdAt, lastUsedAt: lastUsedAt, secretHash: bytes(),
            previousSecretHash: [nil, bytes()].randomElement() ?? nil)
    }

    static func signingKey(activatesAt: Date = time(), expiresAt: Date? = nil) -> StoredSigningKey {
        StoredSigningKey(
            keyID: id("key"), algorithm: SignatureAlgorithm.allCases.randomElement() ?? .RS256, privateKeyPEM: text(),
            createdAt: time(), activatesAt: activatesAt, expiresAt: expiresAt)
    }

    static func sealingKey(version: UInt32, expiresAt: Date = time()) throws -> StoredSealingKey {
        StoredSealingKey(key: try SealingKey(id: version, bytes: bytes()), createdAt: time(), expiresAt: expiresAt)
    }
}

/// How many of `count` concurrent calls return true.
func countWinners(of count: Int, _ attempt: @escaping @Sendable (Int) async throws -> Bool) async throws -> Int {
    try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<count { group.addTask { try await attempt(number) } }
        return try await group.reduce(into: 0) { winners, won in winners += won ? 1 : 0 }
    }
}

extension GrantStore {
    /// A code of a sign-in that nobody else knows, and that is remembered for longer than any test lasts.
    func insert(_ code: AuthorizationCode) async throws(StoreError) {
        let once = SingleUse(key: Sample.bytes(), until: .distantFuture)
        guard try await insert(code, using: once) else { throw .failed("a new sign-in was used before") }
    }
}
