/// What cannot be seen from outside: the edge's work on tokens with no HTTP around it.
///
/// Reads a line with a JWK set and then a token on each line, of `issuer` for `audience` (the arguments); prints rates per second as JSON.
import Edge
import FoundationEssentials
import JOSE
import OpenIDConnect
import Upstream

struct SystemClock: OpenIDConnect.WallClock { var now: Date { Date() } }

struct Silence: IdentityLog { func record(_ event: IdentityEvent) {} }

struct Nobody: HTTPExchange {
    func send(_ request: UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse { UpstreamResponse(status: 500) }
}

func perSecond(_ count: Int, _ work: () throws -> Void) rethrows -> Double {
    try Double(count) / (ContinuousClock().measure(work) / .seconds(1))
}

guard CommandLine.arguments.count == 3, let keySet = readLine() else { fatalError("ISSUER AUDIENCE < key set and tokens") }
var tokens: [String] = []
while let token = readLine() { tokens.append(token) }
guard !tokens.isEmpty else { fatalError("no tokens") }

let keys = try JWKSet(JSON(parsing: Array(keySet.utf8))).verificationKeys
let parsed = try tokens.map { try UnverifiedJWS(parsing: $0) }
let signatures = try perSecond(parsed.count) {
    for token in parsed { _ = try token.verified(by: keys, algorithms: [.RS256]) }
}

let authenticator = try TokenAuthenticator(
    issuers: [TrustedIssuer(issuer: CommandLine.arguments[1], keys: .inline(keySet), audiences: [CommandLine.arguments[2]])],
    clock: SystemClock(), log: Silence()
) { _ in Nobody() }
let questions = tokens.map { EdgeRequest(host: "app.example", headers: ["authorization": "Bearer " + $0]) }
let newTokens = perSecond(tokens.count) {
    for (token, question) in zip(tokens, questions) {
        guard case .identity? = authenticator.authenticateNow(.bearer(token), for: question) else {
            fatalError("not believed: \(token)")
        }
    }
}

let signer = try SigningKey(algorithm: .ES256, key: PrivateKey.generate(.ec(.p256)))
let claims: JSONObject = [
    "iss": "https://dextra.example/edge", "sub": "00000000-0000-4000-8000-000000000001", "aud": "https://app.example",
    "iat": 1_800_000_000, "exp": 1_800_000_600, "identity_source": "https://dextra.example", "email": "jane@example.com",
    "groups": ["staff", "authors", "data-science"],
]
let assertions = try perSecond(20_000) {
    for _ in 0..<20_000 { _ = try signer.sign(claims: claims, type: "JWT") }
}

print(#"{"signatures": \#(signatures), "new_tokens": \#(newTokens), "assertions": \#(assertions)}"#)
