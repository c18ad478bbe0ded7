import Bytes

/// The `spec` of a RequestAuthentication.
struct IstioAuthenticationSpec {
    var rules: [IstioManifests.JWTRule] = []
    var scope: IstioScope?

    static var schema: Schema<IstioAuthenticationSpec> {
        .mapping(isStrict: true) { keys in
            let scope = IstioScope.read(keys)
            return IstioAuthenticationSpec(
                rules: keys("jwtRules", .list(of: IstioManifests.JWTRule.schema), default: []), scope: scope)
        }
    }
}

extension IstioManifests.JWTRule {
    fileprivate static var schema: Schema<Self> {
        .mapping(isStrict: true) { keys in
            let issuer = keys.required("issuer", .text, hint: "tokens of any issuer are not taken here")
            let audiences = keys("audiences", .list(of: .text), default: [])
            let url = keys("jwksUri", .jwksURI) ?? keys("jwks_uri", .jwksURI)
            let inline = keys("jwks", .inlineKeySet)
            if let place = keys["jwks"], keys["jwksUri"] != nil {
                keys.loading.problem("jwks and jwksUri cannot both be there", hint: "remove one", at: place)
            }
            let locations = Self.locations(keys)
            let payloadHeader = keys("outputPayloadToHeader", .istioHeaderName)
            let claimHeaders = keys("outputClaimToHeaders", .list(of: ClaimHeader.schema), default: [])
            let keepsToken = keys("forwardOriginalToken", .bool, default: false)
            if keys("timeout", .text) != nil, let place = keys["timeout"] {
                keys.loading.warning("not used: keys are fetched with the edge's own time limit", at: place)
            }
            let delimited = keys("spaceDelimitedClaims", .list(of: .text), default: [])
            guard let issuer else { return nil }
            return Self(
                issuer: issuer, audiences: audiences, keys: inline.map(Keys.inline) ?? url.map(Keys.url) ?? .discovery,
                locations: locations, payloadHeader: payloadHeader, claimHeaders: claimHeaders, keepsToken: keepsToken,
                spaceDelimitedClaims: (["permission", "scope"] + delimited).reduce(into: []) { list, name in
                    if !list.containsExactly(name) { list.append(name) }
                })
        }
    }

    /// Where nothing is said: `Authorization: Bearer`, then the query's `access_token`.
    private static func locations(_ keys: DexConfiguration.Keys) -> [Location] {
        let headers = keys("fromHeaders", .list(of: Location.header), default: [])
        let parameters = keys("fromParams", .list(of: .text), default: []).map(Location.query)
        let cookies = keys("fromCookies", .list(of: .text), default: []).map(Location.cookie)
        let written = headers + parameters + cookies
        return written.isEmpty ? [.header("authorization", prefix: "Bearer "), .query("access_token")] : written
    }
}

extension IstioManifests.JWTRule.Location {
    fileprivate static var header: Schema<Self> {
        .mapping(isStrict: true) { keys in
            let name = keys.required("name", .istioHeaderName)
            let prefix = keys("prefix", .text, default: "")
            return name.map { .header($0, prefix: prefix) }
        }
    }
}

extension IstioManifests.JWTRule.ClaimHeader {
    fileprivate static var schema: Schema<Self> {
        .mapping(isStrict: true) { keys in
            let header = keys.required("header", .istioHeaderName)
            let claim = keys.required("claim", .text)
            guard let header, let claim else { return nil }
            // Envoy takes a name with dots as the way to a claim within a claim.
            return Self(header: header, claim: claim.fields(at: ".").map(String.init))
        }
    }
}

extension Schema<String> {
    /// In lower case.
    static var istioHeaderName: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let isToken = text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
            guard isToken else { throw Mistake("\(quoted(text)) is not the name of a header") }
            return text.asciiLowercased
        }
    }

    fileprivate static var jwksURI: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            guard text.startsWithBytes(of: "https://") || text.startsWithBytes(of: "http://") else {
                throw Mistake("\(quoted(text)) is not a URL of keys", hint: "it begins with https:// or http://")
            }
            return text
        }
    }

    fileprivate static var inlineKeySet: Schema {
        Schema { place, loading in
            guard let text = Schema<String>.text.read(place, loading) else { return nil }
            return Schema<String>.keySet(fromText: text, at: place, loading)
        }
    }
}
