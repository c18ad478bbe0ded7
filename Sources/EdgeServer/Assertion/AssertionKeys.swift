import Edge
import HTTPTypes
import JOSE
public import OpenIDConnect
public import Web

/// Where backends find the keys of assertions, in both forms that Google's IAP publishes its own.
public struct AssertionKeys: Sendable {
    private let prefix: String
    private let ring: KeyRing
    private let maximumAge: Int

    /// - Parameter maximumAge: seconds for which a copy may be kept.
    public init(prefix: String, ring: KeyRing, maximumAge: Int) {
        self.prefix = prefix
        self.ring = ring
        self.maximumAge = maximumAge
    }

    /// `{prefix}/assertion/public_key-jwk` is a JWK set (RFC 7517 §5), `{prefix}/assertion/public_key` an object of `kid` to PEM.
    public var routes: [Route] {
        [
            Route([.get], prefix + "/assertion/public_key-jwk", audience: .programs) { _ in
                response(await ring.keys.document)
            },
            Route([.get], prefix + "/assertion/public_key", audience: .programs) { _ in
                var object = JSONObject()
                for key in await ring.keys.verification {
                    guard let keyID = key.keyID, case .public(let material) = key.material else { continue }
                    object[keyID] = .string(try material.pem())
                }
                return response(object.serialized())
            },
        ]
    }

    private func response(_ body: [UInt8]) -> WebResponse {
        var response = WebResponse.json(serialized: body)
        response.headers[.cacheControl] = "public, max-age=\(maximumAge)"
        return response
    }
}
