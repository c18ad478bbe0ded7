import FoundationEssentials
import JOSE

/// What is kept about somebody who has a refresh token of ours: Dex's `{"RefreshToken": base64}`.
struct OIDCConnectorData: Sendable {
    /// Empty when the provider gave none.
    let refreshToken: String

    init(refreshToken: String) {
        self.refreshToken = refreshToken
    }

    init?(_ bytes: [UInt8]) {
        guard let object = (try? JSON(parsing: bytes))?.object else { return nil }
        switch object["RefreshToken"] {
        case .string(let text):
            guard let bytes = try? Base64.decode(text), let token = String(validating: bytes, as: UTF8.self) else { return nil }
            refreshToken = token
        case .null, nil: refreshToken = ""
        default: return nil
        }
    }

    var bytes: [UInt8] {
        let object: JSONObject = ["RefreshToken": .string(Base64.encode(refreshToken.utf8))]
        return object.serialized()
    }
}
