import Bytes
import FoundationEssentials
import JOSE

/// An authorization request that has passed every check. Only ``AuthorizationRequestValidator`` makes one, or the seal that
/// one was put under: having it is the proof that its redirect URI belongs to its client.
public struct AuthorizationRequest: Sendable, Hashable {
    @Exact public private(set) var clientID: String
    @Exact public private(set) var redirectURI: String
    public let responseType: ResponseType
    public let responseMode: ResponseMode
    @Exact public private(set) var scopes: [String]
    @Exact public private(set) var state: String?
    @Exact public private(set) var nonce: String
    public let codeChallenge: CodeChallenge?
    /// `prompt=consent`, or Dex's `approval_prompt=force`.
    public let forcesConsent: Bool
    @Exact public private(set) var loginHint: String?
    @Exact public private(set) var uiLocales: [String]
    /// `sub` of the `id_token_hint`, or asked for by the `claims` parameter: nobody else may be answered for.
    @Exact public private(set) var expectedSubject: String?
    @Exact public private(set) var requestedClaims: [String]
}

extension AuthorizationRequest {
    /// Short names: this travels in a URL.
    var json: JSON {
        var object: JSONObject = [
            "c": .string(clientID), "r": .string(redirectURI), "t": .integer(Int64(responseType.rawValue)),
            "m": .string(responseMode.rawValue),
            "s": .string(scopes.joined(separator: " ")),
        ]
        if let state { object["st"] = .string(state) }
        if !nonce.isEmpty { object["n"] = .string(nonce) }
        if let codeChallenge {
            object["cc"] = .string(codeChallenge.value)
            object["cm"] = .string(codeChallenge.method.rawValue)
        }
        if forcesConsent { object["f"] = true }
        if let loginHint { object["l"] = .string(loginHint) }
        if !uiLocales.isEmpty { object["u"] = .string(uiLocales.joined(separator: " ")) }
        if let expectedSubject { object["e"] = .string(expectedSubject) }
        if !requestedClaims.isEmpty { object["q"] = .string(requestedClaims.joined(separator: " ")) }
        return .object(object)
    }

    init?(sealed object: JSONObject) {
        guard let clientID = object["c"]?.string, let redirectURI = object["r"]?.string, let type = object["t"]?.integer,
            let mode = object["m"]?.string.flatMap(ResponseMode.init), let scopes = object["s"]?.string
        else { return nil }
        let words: (String) -> [String] = { object[$0]?.string?.fields(at: " ").map(String.init) ?? [] }
        self.init(
            clientID: clientID, redirectURI: redirectURI, responseType: ResponseType(rawValue: Int(type)), responseMode: mode,
            scopes: scopes.fields(at: " ").map(String.init), state: object["st"]?.string, nonce: object["n"]?.string ?? "",
            codeChallenge: object["cc"]?.string.flatMap { value in
                object["cm"]?.string.flatMap(CodeChallenge.Method.init).flatMap { CodeChallenge(value, method: $0) }
            },
            forcesConsent: object["f"] == .bool(true), loginHint: object["l"]?.string, uiLocales: words("u"),
            expectedSubject: object["e"]?.string, requestedClaims: words("q"))
    }
}
