import Bytes
import DexConfiguration
import Testing

private let callback = "https://sso.example.com/dex/callback"
private let pem = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----"

private func oidc(_ config: String) -> String {
    "connectors: [{type: oidc, id: up, name: Up, config: {\(config)}}]\n"
}

private func read(_ config: String, environment: [ExactText: String] = [:]) throws -> Configuration.Connector.OIDC? {
    let result = try load(
        minimal + oidc(config), environment: environment, files: ["ca.pem": pem, "secret": "from file\n", "empty": ""])
    guard case .oidc(let found)? = result.configuration.connectors.first?.kind else { return nil }
    return found
}

private let least = "issuer: 'https://idp.example.com/', clientID: us, redirectURI: \(callback)"

@Test func `The least is an issuer, a client and where people come back to`() throws {
    let found = try #require(try read(least))
    #expect(found.issuer == "https://idp.example.com/" && found.clientID == "us" && found.clientSecret == nil)
    #expect(found.scopes == ["profile", "email"] && found.promptType == "consent" && found.pkceChallenge == nil)
    #expect(found.basicAuthUnsupported == nil && !found.insecureEnableGroups && !found.getUserInfo && found.upstreamLogout)
}

@Test func `Every key of Dex is read`() throws {
    let config = """
        \(least), issuerAlias: 'https://alias.example', clientSecret: $SECRET, basicAuthUnsupported: false, scopes: [openid, groups],
          rootCAs: [ca.pem, 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JST0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQ=='],
          insecureSkipVerify: true, insecureSkipEmailVerified: true, insecureEnableGroups: true, allowedGroups: [a], acrValues: [b],
          getUserInfo: true, upstreamLogout: false, userIDKey: c, userNameKey: d, promptType: login, pkceChallenge: plain, overrideClaimMapping: true,
          providerDiscoveryOverrides: {tokenURL: 'https://t', authURL: 'https://a', jwksURL: 'https://j', userInfoURL: 'https://u',
            deviceAuthURL: 'https://d', endSessionURL: 'https://e'},
          claimMapping: {preferred_username: e, email: f, groups: g},
          claimModifications: {filterGroupClaims: {groupsFilter: '^x'}, modifyGroupNames: {prefix: p, suffix: s},
            newGroupFromClaims: [{claims: [h, i], delimiter: '-', clearDelimiter: true, prefix: j}]}
        """
    let found = try #require(try read(config, environment: ["SECRET": "shh"]))
    #expect(found.clientSecret?.text == "shh" && found.issuerAlias == "https://alias.example" && found.scopes == ["groups"])
    #expect(found.basicAuthUnsupported == false && found.rootCAs.count == 2 && found.rootCAs.allSatisfy { $0 == pem })
    #expect(
        found.insecureSkipVerify && found.insecureSkipEmailVerified && found.insecureEnableGroups && found.getUserInfo
            && !found.upstreamLogout)
    #expect(found.allowedGroups == ["a"] && found.acrValues == ["b"] && found.userIDKey == "c" && found.userNameKey == "d")
    #expect(found.promptType == "login" && found.pkceChallenge == .plain && found.overrideClaimMapping)
    #expect(found.overrides.tokenURL == "https://t" && found.overrides.endSessionURL == "https://e")
    let mapping = found.claimMapping
    #expect(mapping.preferredUsername == "e" && mapping.email == "f" && mapping.groups == "g")
    #expect(found.claimModifications.groupsFilter == "^x" && found.claimModifications.suffix == "s")
    let made = try #require(found.claimModifications.newGroupFromClaims.first)
    #expect(made.claims == ["h", "i"] && made.delimiter == "-" && made.clearDelimiter && made.prefix == "j")
}

@Test func `An empty prompt is none, as in Dex`() throws {
    #expect(try read(least + ", promptType: ''")?.promptType == "")
}

@Test func `The secret may stand in a file`() throws {
    #expect(try read(least + ", clientSecretFile: secret")?.clientSecret?.text == "from file")
}

private let wrong: [(String, String)] = [
    ("clientID: us, redirectURI: \(callback)", "config.issuer: missing; write for example issuer: https://accounts.example.com"),
    (
        "issuer: 'https://i', redirectURI: \(callback)",
        "config.clientID: missing; the provider gave it when we were registered there"
    ),
    (
        "issuer: 'https://i', clientID: us",
        "config.redirectURI: missing; write redirectURI: \(callback), and register that at the provider"
    ),
    (
        "issuer: 'https://i', clientID: us, redirectURI: 'https://sso.example.com/callback'",
        "config.redirectURI: \"https://sso.example.com/callback\" is not where people come back to; write \(callback), and register that at the provider"
    ),
    (
        least + ", hostedDomains: [a]",
        "config.hostedDomains: this connector does not look at hosted domains, as in Dex; use the connector google, which does"
    ),
    (least + ", rootCAs: [nowhere.pem]", "config.rootCAs[0]: the file \"nowhere.pem\" cannot be read; no such file"),
    (
        least + ", rootCAs: [secret]",
        "config.rootCAs[0]: the file \"secret\" holds no certificate in PEM; it begins with -----BEGIN CERTIFICATE-----"
    ),
    (
        least + ", clientSecret: a, clientSecretFile: secret",
        "config.clientSecretFile: given twice; write one of clientSecret, clientSecretFile"
    ),
    (least + ", clientSecretFile: empty", "config.clientSecretFile: the file \"empty\" is empty"),
    (least + ", pkceChallenge: s256", "config.pkceChallenge: unknown PKCE method \"s256\"; did you mean \"S256\"?"),
    (
        least + ", claimModifications: {filterGroupClaims: {groupsFilter: '('}}",
        "config.claimModifications.filterGroupClaims.groupsFilter: \"(\" is not a regular expression"
    ),
    (least + ", userNamekey: a, getUserinfos: true", "config.getUserinfos: unknown key; did you mean getUserInfo?"),
    (
        "issuer: idp.example.com, clientID: us, redirectURI: \(callback)",
        "config.issuer: \"idp.example.com\" is not an http or https URL; write for example https://accounts.example.com"
    ),
    (
        least + ", providerDiscoveryOverrides: {endSessionURL: 'javascript:x'}",
        "config.providerDiscoveryOverrides.endSessionURL: \"javascript:x\" is not an http or https URL; write for example https://accounts.example.com"
    ),
]

@Test(arguments: wrong)
func `What is wrong with the connector oidc is said at its place`(_ config: String, _ line: String) {
    let said = problems(minimal + oidc(config), files: ["secret": "x", "empty": ""])
    #expect(said.count == 1)
    #expect(said.first?.hasSuffix(": connectors[0]." + line) == true, "\(said)")
}

@Test func `What stands for a variable is compared with its value`() throws {
    #expect(
        try read(
            "issuer: 'https://i', clientID: us, redirectURI: '${BASE}/callback'",
            environment: ["BASE": "https://sso.example.com/dex"]) != nil)
}

@Test func `A connector without passwords cannot serve the password grant`() {
    let said = problems(minimal + oidc(least) + "oauth2: {passwordConnector: up}\n")
    #expect(said.count == 1 && said.first?.contains("\"up\" has no passwords") == true)
}
