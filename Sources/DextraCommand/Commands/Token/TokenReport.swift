import FoundationEssentials
import JOSE
import OpenIDConnect

/// What a token says, and whether that is to be believed.
struct TokenReport: Sendable {
    /// Of the signature alone; see ``TokenTimes`` for the rest.
    enum Verification: Sendable, Hashable {
        case notAsked
        /// The `kid` of the key that verified it.
        case verified(keyID: String?)
        case refused(JWSError)
    }

    let header: JSONObject
    /// Nil when the payload is not a JSON object.
    let claims: JSONObject?
    let verification: Verification
    private let payload: [UInt8]
    private let times: TokenTimes

    /// - Parameter keys: nil to look only.
    init(_ token: UnverifiedJWS, keys: [VerificationKey]?, now: Date) {
        header = token.header
        payload = token.payload
        claims = (try? JSON(parsing: token.payload))?.object
        times = TokenTimes(claims ?? [:], now: now)
        verification =
            if let keys { Self.verify(token, keys) } else { .notAsked }
    }

    private static func verify(_ token: UnverifiedJWS, _ keys: [VerificationKey]) -> Verification {
        do throws(JWSError) {
            return .verified(keyID: try token.verified(by: keys, algorithms: SignatureAlgorithm.asymmetric).keyID)
        } catch {
            return .refused(error)
        }
    }

    var text: String {
        var parts = ["Header", Self.shown(.object(header))]
        if let claims {
            parts += ["Claims", Self.shown(.object(claims))]
        } else {
            parts += [
                "Payload (\(payload.count) bytes, not a JSON object)",
                Printable.line(String(decoding: payload.prefix(1000), as: UTF8.self)),
            ]
        }
        if !times.lines.isEmpty { parts += ["Times", Table(details: times.lines).text] }
        switch verification {
        case .notAsked: parts.append("NOT VERIFIED: anybody can write such a token. Give --jwks to check its signature.")
        case .verified(let keyID):
            parts.append("Verified: signed by the key \(keyID.map(Printable.line) ?? "without kid") of the set." + expiry)
        case .refused(let error): parts.append("NOT VERIFIED: \(error.reason). Do not believe it.")
        }
        return parts.joined(separator: "\n")
    }

    private var expiry: String {
        switch times.standing {
        case .valid: ""
        case .expired: " But it has expired."
        case .notYetValid: " But it is not valid yet."
        }
    }

    var json: JSON {
        var object: JSONObject = ["header": .object(header), "claims": claims.map { .object($0) } ?? .null]
        switch verification {
        case .notAsked: object["verified"] = .null
        case .verified: object["verified"] = true
        case .refused(let error):
            object["verified"] = false
            object["reason"] = .string(error.reason)
        }
        object["expired"] = .bool(times.standing == .expired)
        return .object(object)
    }

    private static func shown(_ json: JSON) -> String {
        Printable.json(String(decoding: json.serialized(indent: 2), as: UTF8.self))
    }
}
