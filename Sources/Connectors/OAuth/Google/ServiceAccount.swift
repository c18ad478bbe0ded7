import JOSE

/// A service account of Google: the JSON file that its console gives.
public struct ServiceAccount: Sendable {
    /// Its name, which looks like an e-mail address.
    public let email: String
    /// Where its statements become tokens.
    public let tokenURI: String
    let key: SigningKey

    public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        case notJSON
        case missing(String)
        case unusableKey
        case otherType(String)

        public var description: String {
            switch self {
            case .notJSON: "not JSON"
            case .missing(let name): "has no \(name)"
            case .unusableKey: "its private_key is not an RSA key in PEM"
            case .otherType(let type): "is of type \(type) and not service_account"
            }
        }
    }

    public init(json text: String) throws(Failure) {
        guard let json = try? JSON(parsing: Array(text.utf8)) else { throw .notJSON }
        if let type = json["type"]?.string, type != "service_account" { throw .otherType(type) }
        email = try Self.member("client_email", of: json)
        let pem = try Self.member("private_key", of: json)
        tokenURI = json["token_uri"]?.string ?? "https://oauth2.googleapis.com/token"
        do {
            key = try SigningKey(
                keyID: json["private_key_id"]?.string, algorithm: .RS256, key: try PrivateKey(pem: pem))
        } catch {
            throw .unusableKey
        }
    }

    private static func member(_ name: String, of json: JSON) throws(Failure) -> String {
        guard let text = json[name]?.string, !text.isEmpty else { throw .missing(name) }
        return text
    }
}
