import JOSE

/// What a RequestAuthentication does with headers once a token of its issuer is verified.
public struct IstioTokenOutput: Sendable, Hashable {
    public struct ClaimHeader: Sendable, Hashable {
        /// In lower case.
        public var header: String
        /// The way to the claim.
        public var claim: [String]

        public init(header: String, claim: [String]) {
            self.header = header
            self.claim = claim
        }
    }

    public var issuer: String
    /// `outputPayloadToHeader`, in lower case: gets the claims as JSON in base64url, without padding.
    public var payloadHeader: String?
    /// `outputClaimToHeaders`: texts, numbers and booleans, as Envoy has it; other claims are not sent.
    public var claimHeaders: [ClaimHeader]
    /// `forwardOriginalToken`: whether the backend gets the token.
    public var keepsToken: Bool
    /// Headers in which the token can have come, in lower case.
    public var tokenHeaders: [String]

    public init(
        issuer: String, payloadHeader: String? = nil, claimHeaders: [ClaimHeader] = [], keepsToken: Bool = false,
        tokenHeaders: [String] = ["authorization"]
    ) {
        self.issuer = issuer
        self.payloadHeader = payloadHeader
        self.claimHeaders = claimHeaders
        self.keepsToken = keepsToken
        self.tokenHeaders = tokenHeaders
    }

    /// Headers that only the edge may set: a client's own are removed.
    public var ownHeaders: [String] { claimHeaders.map(\.header) + (payloadHeader.map { [$0] } ?? []) }

    /// Headers to set for somebody of this issuer.
    public func headers(for identity: EdgeIdentity) -> [EdgeHeaders.Field] {
        var fields: [EdgeHeaders.Field] = []
        if let payloadHeader {
            let payload = Base64URL.encode(JSON.object(identity.claims).serialized())
            fields.append(EdgeHeaders.Field(payloadHeader, payload))
        }
        for output in claimHeaders {
            var claim: JSON? = .object(identity.claims)
            for name in output.claim { claim = claim?[name] }
            if let value = claim.flatMap(Self.text) { fields.append(EdgeHeaders.Field(output.header, value)) }
        }
        return fields
    }

    private static func text(_ claim: JSON) -> String? {
        switch claim {
        case .string(let text): text.utf8.contains { $0 < 0x20 || $0 == 0x7F } ? nil : text
        case .bool(let value): String(value)
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .null, .array, .object: nil
        }
    }
}
