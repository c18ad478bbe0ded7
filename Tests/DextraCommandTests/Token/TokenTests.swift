import Foundation
import JOSE
import Testing

@testable import dextra

@Suite("dextra token decode")
struct TokenTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)
    private let key: SigningKey

    init() throws {
        key = try SigningKey(algorithm: .ES256, key: try PrivateKey.generate(.ec(.p256)))
    }

    private func report(_ claims: JSONObject, keys: [VerificationKey]?) throws -> TokenReport {
        TokenReport(try TokenText(try key.sign(claims: claims)).token(), keys: keys, now: now)
    }

    @Test("says loudly that nothing was verified without keys")
    func unverified() throws {
        let report = try report(["sub": "ann"], keys: nil)
        #expect(report.verification == .notAsked)
        #expect(report.text.contains("NOT VERIFIED"))
        #expect(report.json["verified"] == .null)
        #expect(report.json["claims"]?["sub"] == "ann")
    }

    @Test("believes the right key, and nobody else's")
    func verified() throws {
        let report = try report(["sub": "ann"], keys: [key.verificationKey])
        #expect(report.verification == .verified(keyID: key.keyID))
        #expect(report.text.contains("Verified: signed by the key \(key.keyID)"))
        #expect(report.json["verified"] == true)

        let other = try PrivateKey.generate(.ec(.p256))
        let impostor = VerificationKey(keyID: key.keyID, algorithms: [.ES256], material: .public(other.publicKey))
        let refused = try self.report(["sub": "ann"], keys: [impostor])
        #expect(refused.verification == .refused(.invalidSignature))
        #expect(refused.text.contains("NOT VERIFIED: the signature is wrong"))
        #expect(refused.json["verified"] == false)
    }

    @Test("no secret can stand in for a public key")
    func symmetric() throws {
        let pem = try key.key.publicKey.pem()
        let forged = try JWS.sign(payload: Array("{}".utf8), secret: Array(pem.utf8), algorithm: .HS256, keyID: key.keyID)
        let report = TokenReport(try TokenText(forged).token(), keys: [key.verificationKey], now: now)
        #expect(report.verification == .refused(.algorithmNotAllowed(.HS256)))
    }

    static let timesCases: [(JSONObject, String, TokenTimes.Standing)] = [
        (
            ["iat": 1_799_999_700, "exp": 1_800_003_600],
            "  issued   2027-01-15T07:55:00Z, 5 minutes ago\n  expires  2027-01-15T09:00:00Z, in 1 hour", .valid
        ),
        (["exp": 1_799_992_800], "  EXPIRED  2027-01-15T06:00:00Z, 2 hours ago", .expired),
        (["exp": 1_800_000_000], "  EXPIRED  2027-01-15T08:00:00Z, now", .expired),
        (["nbf": 1_800_000_060], "  NOT VALID before  2027-01-15T08:01:00Z, in 1 minute", .notYetValid),
        (["exp": 1e300, "iat": "text", "nbf": -5], "", .valid),
    ]

    @Test("times are told in words", arguments: timesCases)
    func times(_ claims: JSONObject, _ text: String, _ standing: TokenTimes.Standing) {
        let times = TokenTimes(claims, now: now)
        #expect(Table(details: times.lines).text == text)
        #expect(times.standing == standing)
    }

    @Test("an expired token with a good signature is both")
    func expired() throws {
        let report = try report(["exp": 1], keys: [key.verificationKey])
        #expect(report.text.contains("But it has expired."))
        #expect(report.json["expired"] == true)
        #expect(report.json["verified"] == true)
    }

    @Test("claims cannot write to the terminal")
    func hostile() throws {
        let text = try report(["name": "\u{1B}]0;title\u{7} \u{202E}"], keys: nil).text
        #expect(
            text.unicodeScalars.allSatisfy {
                $0 == "\n" || ($0.properties.generalCategory != .control && $0.properties.generalCategory != .format)
            })
    }

    @Test("a token is found in what people paste")
    func pasted() throws {
        let token = try key.sign(claims: ["sub": "ann"])
        let middle = token.index(token.startIndex, offsetBy: 20)
        for text in ["  \(token)\n", "Bearer \(token)", "bearer  \(token)\n", token[..<middle] + "\n" + token[middle...]] {
            #expect(TokenReport(try TokenText(text).token(), keys: nil, now: now).claims?["sub"] == "ann")
        }
    }

    static let nothing: [(String, String)] = [
        ("", "no token"), ("  \n", "no token"), ("nonsense", "three parts"), ("a.b", "three parts"), ("a.b.c", "first part"),
        ("e30.e30.", "first part"),
        ("a.b.c.d.e", "encrypted"), ("....", "encrypted"), ("\0", "three parts"),
        (String(repeating: "a", count: 300_000), "too long"),
    ]

    @Test("what is no token is said to be none", arguments: nothing)
    func noTokens(_ text: String, _ reason: String) {
        let failure = #expect(throws: Failure.self) { try TokenText(text).token() }
        #expect(failure?.description.contains(reason) == true)
    }

    @Test("a payload that is no object is shown as text")
    func otherPayload() throws {
        let report = TokenReport(try TokenText(try key.sign(payload: Array("hello".utf8))).token(), keys: nil, now: now)
        #expect(report.claims == nil)
        #expect(report.text.contains("Payload (5 bytes, not a JSON object)\nhello"))
    }
}
