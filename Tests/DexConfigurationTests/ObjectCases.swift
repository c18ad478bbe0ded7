@testable import DexConfiguration

/// Mistakes in clients, users and connectors, and what is not built yet.
enum ObjectCases {
    static let all = clients + users + connectors + missingCapabilities

    private static let clients: [Case] = [
        .added(
            "staticClients:\n- name: a\n  secret: b\n",
            "c.yaml:6:3: staticClients[0]: no id; write id or idEnv"),
        .added(
            "staticClients:\n- {id: a, idEnv: A, name: a, secret: b, secretEnv: B}\n",
            "c.yaml:6:18: staticClients[0].idEnv: given twice; write one of id, idEnv",
            "c.yaml:6:52: staticClients[0].secretEnv: given twice; write one of secret, secretEnv, secretFile"),
        .added(
            "staticClients:\n- {id: a, name: a}\n",
            "c.yaml:6:3: staticClients[0]: no secret; write secret, secretEnv or secretFile, or public: true"),
        .added(
            "staticClients:\n- {id: a, name: a, secretEnv: NOT_SET}\n- {idEnv: NOT_SET, name: b, secretFile: /none}\n",
            "c.yaml:6:31: staticClients[0].secretEnv: the environment variable \"NOT_SET\" is not set or empty",
            "c.yaml:7:11: staticClients[1].idEnv: the environment variable \"NOT_SET\" is not set or empty",
            "c.yaml:7:41: staticClients[1].secretFile: the file \"/none\" cannot be read; no such file"),
        .added(
            "staticClients:\n- {id: a, name: a, secret: 1234}\n",
            "c.yaml:6:28: staticClients[0].secret: expected text, found a number; put it in quotes"),
        .added(
            "staticClients:\n- {id: a, secret: b}\n- {id: a, name: c, public: true}\n",
            "c.yaml:6:3: staticClients[0].name: missing",
            "c.yaml:7:8: staticClients[1].id: \"a\" is taken; staticClients[0].id has it"),
        .added(
            "staticClients:\n- id: a\n  name: a\n  secret: b\n  redirectURIs:\n  - https://a.example.com/cb\n  - cb\n  - https://a#b\n  - javascript:alert(1)\n  - https:///x\n  - a b\n",
            "c.yaml:11:5: staticClients[0].redirectURIs[1]: \"cb\" is not absolute; write for example https://app.example.com/callback",
            "c.yaml:12:5: staticClients[0].redirectURIs[2]: a redirect URI cannot have a fragment",
            "c.yaml:13:5: staticClients[0].redirectURIs[3]: a redirect URI cannot be of the scheme javascript",
            "c.yaml:14:5: staticClients[0].redirectURIs[4]: \"https:///x\" has no host",
            "c.yaml:15:5: staticClients[0].redirectURIs[5]: \"a b\" is not a URI"),
        .added(
            "staticClients:\n- {id: a, name: a, secret: b, tokenEndpointAuthMethod: none}\n",
            "c.yaml:6:56: staticClients[0].tokenEndpointAuthMethod: a client that proves nothing must be public; write public: true"
        ),
        .added(
            "staticClients:\n- {id: a, name: a, tokenEndpointAuthMethod: private_key_jwt}\n",
            "c.yaml:6:45: staticClients[0].tokenEndpointAuthMethod: private_key_jwt needs the client's public keys; write jwks or jwksFile"
        ),
        .added(
            "staticClients:\n- {id: a, name: a, public: true, tokenEndpointAuthMethod: client_secret_jwt}\n",
            "c.yaml:6:3: staticClients[0]: no secret; write secret, secretEnv or secretFile, or public: true"),
        .added(
            "staticClients:\n- {id: a, name: a, tokenEndpointAuthMethod: client_secret}\n",
            "c.yaml:6:45: staticClients[0].tokenEndpointAuthMethod: unknown authentication method \"client_secret\"; one of client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, none"
        ),
        .added(
            "staticClients:\n- {id: a, name: a, public: true, jwks: {key: []}}\n",
            "c.yaml:6:40: staticClients[0].jwks: not a JWK set; it is a mapping with a list keys"),
        .added(
            "staticClients:\n- {id: a, name: a, public: true, jwks: '{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}', jwksFile: b}\n",
            "c.yaml:6:40: staticClients[0].jwks: a private or secret key does not belong here; give its public part",
            "c.yaml:6:87: staticClients[0].jwksFile: given twice; write one of jwks, jwksFile",
            "c.yaml:6:87: staticClients[0].jwksFile: the file \"b\" cannot be read; no such file"),
        .added(
            "staticClients:\n- {id: a, name: a, public: true, refreshTokenLifetime: long, userinfoSignedResponseAlg: none}\n",
            "c.yaml:6:56: staticClients[0].refreshTokenLifetime: unknown lifetime \"long\"; one of standalone",
            "c.yaml:6:89: staticClients[0].userinfoSignedResponseAlg: unknown signature algorithm \"none\"; one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA"
        ),
        .added(
            "staticClients:\n- {idFromEnv: a, name: a, public: true}\n",
            "c.yaml:6:3: staticClients[0]: no id; write id or idEnv",
            "c.yaml:6:4: staticClients[0].idFromEnv: unknown key"),
    ]

    private static let users: [Case] = [
        .added(
            "staticPasswords:\n- {email: a@b, hash: abc}\n",
            "c.yaml:6:22: staticPasswords[0].hash: not a bcrypt hash; it looks like $2b$10$ and 53 characters, with a cost from 04 to 16; dextra hash makes one"
        ),
        .added(
            "staticPasswords:\n- {hash: $2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W}\n",
            "c.yaml:6:3: staticPasswords[0].email: missing"),
        .added(
            "staticPasswords:\n- {email: a@b}\n",
            "c.yaml:6:3: staticPasswords[0]: no password hash; write hash, hashFromEnv or hashFile; dextra hash makes one"),
        .added(
            "staticPasswords:\n- {email: a@b, hashFromEnv: NOT_SET}\n- {email: c@d, hashFile: none}\n",
            "c.yaml:6:29: staticPasswords[0].hashFromEnv: the environment variable \"NOT_SET\" is not set or empty",
            "c.yaml:7:26: staticPasswords[1].hashFile: the file \"none\" cannot be read; no such file"),
        .added(
            "staticPasswords:\n- {email: a@b, hash: $2a$03$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W}\n",
            "c.yaml:6:22: staticPasswords[0].hash: a bcrypt hash of cost 3, and only 4 to 16 are accepted; bcrypt knows no lower cost; dextra hash makes one of cost 10"
        ),
        .added(
            "staticPasswords:\n- {email: a@b, hash: $2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W}\n- {email: A@B, hash: $2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W}\n",
            "c.yaml:7:11: staticPasswords[1].email: \"a@b\" is taken; staticPasswords[0].email has it"),
        .whole(
            "issuer: https://a\nstorage: {type: memory}\nweb: {http: \":1\"}\nconnectors: [{type: mockCallback, id: a, name: a}]\nstaticPasswords:\n- {email: a@b, hash: $2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W}\n",
            "c.yaml:6:1: staticPasswords: nobody could use these passwords; write enablePasswordDB: true"),
    ]

    private static let connectors: [Case] = [
        .added(
            "connectors: [{}]\n",
            "c.yaml:5:14: connectors[0].id: missing",
            "c.yaml:5:14: connectors[0].name: missing",
            "c.yaml:5:14: connectors[0].type: missing; one of \(Configuration.Connector.typeNames)"),
        .added(
            "connectors: [{type: mockCallbak, id: a, name: a}, {type: local, id: b, name: b}, {type: weird, id: c, name: c}]\n",
            "c.yaml:5:21: connectors[0].type: unknown connector type \"mockCallbak\"; did you mean \"mockCallback\"?",
            "c.yaml:5:58: connectors[1].type: the connector local is not written here; write enablePasswordDB: true",
            "c.yaml:5:89: connectors[2].type: unknown connector type \"weird\"; one of \(Configuration.Connector.typeNames)"),
        .added(
            "connectors: [{type: mockPassword, id: a, name: a}, {type: mockPassword, id: b, name: b, config: {username: a, pass: b}}]\n",
            "c.yaml:5:14: connectors[0].config: missing; write config: {username: …, password: …}",
            "c.yaml:5:97: connectors[1].config.password: missing",
            "c.yaml:5:111: connectors[1].config.pass: unknown key; did you mean password?"),
        .added(
            "connectors:\n- type: mockCallback\n  id: a\n  name: a\n  emailDomains: [Corp.example, \"@b\"]\n  claims:\n  - {claim: group, prefix: a}\n  - {claim: name}\n  - {claim: name, prefix: a, suffix: b}\n  - {claim: name, keep: [a]}\n  - {claim: email_verified, prefix: a}\n  - {claim: groups, match: \"a*\", to: \"$2\"}\n  - {claim: groups, match: \"a*\"}\n  - {claim: groups, prefix: a, with: b, to: c}\n  - {claim: groups, lowercase: false}\n- {type: mockCallback, id: b, name: b, emailDomains: [corp.EXAMPLE]}\n",
            "c.yaml:9:32: connectors[0].emailDomains[1]: \"@b\" is not a domain; write for example example.com",
            "c.yaml:11:13: connectors[0].claims[0].claim: unknown claim \"group\"; did you mean \"groups\"?",
            "c.yaml:12:5: connectors[0].claims[1]: a rule without a change; write exactly one of value, from, join, match, prefix, suffix, lowercase, keep, drop, add",
            "c.yaml:13:5: connectors[0].claims[2]: a rule with several changes; write exactly one of value, from, join, match, prefix, suffix, lowercase, keep, drop, add",
            "c.yaml:14:5: connectors[0].claims[3]: keep, drop and add are for groups, which are many; write claim: groups",
            "c.yaml:15:5: connectors[0].claims[4]: email_verified can only be set; write value: true or value: false",
            "c.yaml:16:38: connectors[0].claims[5].to: $2 stands for nothing; the pattern has 1 * to take it from",
            "c.yaml:17:5: connectors[0].claims[6]: match without to; write to: what becomes of it, as in to: \"$1\"",
            "c.yaml:18:38: connectors[0].claims[7].with: only join takes with",
            "c.yaml:18:45: connectors[0].claims[7].to: only match takes to",
            "c.yaml:19:5: connectors[0].claims[8]: a rule without a change; write exactly one of value, from, join, match, prefix, suffix, lowercase, keep, drop, add",
            "c.yaml:19:32: connectors[0].claims[8].lowercase: a change that is not made; write true, or leave the rule out",
            "c.yaml:20:55: connectors[1].emailDomains[0]: \"corp.example\" is taken; connectors[0].emailDomains[0] has it"),
        .added(
            "connectors:\n- {type: authproxy, id: a, name: a}\n- {type: authproxy, id: b, name: b, config: {userHeader: X_User}}\n- {type: authproxy, id: c, name: c, config: {trustedProxies: [10.0.0.1], extra: 1}}\n",
            "c.yaml:6:3: connectors[0].config: missing; write config: {trustedProxies: [127.0.0.1/32]}",
            "c.yaml:7:45: connectors[1].config.trustedProxies: missing; write the addresses of the proxy, as in trustedProxies: [127.0.0.1/32]; everybody else could claim to be anybody",
            "c.yaml:7:58: connectors[1].config.userHeader: \"X_User\" is not the name of a header; use letters, digits and dashes",
            "c.yaml:8:63: connectors[2].config.trustedProxies[0]: \"10.0.0.1\" is not a range of addresses; write 10.0.0.1/32 for one address",
            "c.yaml:8:74: connectors[2].config.extra: unknown key"),
        .added(
            "connectors: [{type: mockCallback, id: local, name: a}, {type: mockCallback, id: b, name: b, config: {a: b}}, {type: mockCallback, id: b, name: c, grantTypes: [code]}]\n",
            "c.yaml:5:39: connectors[0].id: \"local\" is taken; enablePasswordDB has it",
            "c.yaml:5:102: connectors[1].config.a: unknown key",
            "c.yaml:5:135: connectors[2].id: \"b\" is taken; connectors[1].id has it",
            "c.yaml:5:160: connectors[2].grantTypes[0]: unknown grant type \"code\"; one of authorization_code, implicit, password, refresh_token"
        ),
    ]

    private static let missingCapabilities: [Case] = [
        .added(
            "grpc: {addr: 127.0.0.1:5557}\nsessions: {}\nmfa: {authenticators: []}\n",
            "c.yaml:5:1: grpc: the gRPC API is not built yet",
            "c.yaml:6:1: sessions: browser sessions are not built yet",
            "c.yaml:7:1: mfa: multi-factor authentication is not built yet"),
        .added(
            "GRPC: {addr: 127.0.0.1:5557}\ngrpcs: {}\n",
            "c.yaml:5:1: grpc: the gRPC API is not built yet",
            "c.yaml:6:1: grpcs: unknown key; did you mean grpc?"),
        .added(
            "signer: {type: vault, config: {addr: a}}\n",
            "c.yaml:5:16: signer.type: signing with Vault is not built yet"),
        .added(
            "oauth2: {grantTypes: [authorization_code, client_credentials, 'urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:token-exchange']}\n",
            "c.yaml:5:43: oauth2.grantTypes[1]: the client credentials grant is not built yet",
            "c.yaml:5:63: oauth2.grantTypes[2]: the device grant is not built yet",
            "c.yaml:5:111: oauth2.grantTypes[3]: token exchange is not built yet"),
        .added(
            "staticClients:\n- id: a\n  name: a\n  secret: b\n  mfaChain: []\n  ssoSharedWith: ['*']\n  postLogoutRedirectURIs: [/a]\n  backchannelLogoutURI: a\n  refreshTokenLifetime: session\n  clientCredentialsClaims: {groups: [a]}\n  grantTypes: [client_credentials]\n",
            "c.yaml:9:3: staticClients[0].mfaChain: multi-factor authentication is not built yet",
            "c.yaml:10:3: staticClients[0].ssoSharedWith: single sign-on between clients is not built yet",
            "c.yaml:11:28: staticClients[0].postLogoutRedirectURIs[0]: \"/a\" is no address for a browser; write for example https://app.example.com/",
            "c.yaml:12:3: staticClients[0].backchannelLogoutURI: back-channel logout is not built yet",
            "c.yaml:13:25: staticClients[0].refreshTokenLifetime: refresh tokens that end with the session are not built yet",
            "c.yaml:14:3: staticClients[0].clientCredentialsClaims: the client credentials grant is not built yet",
            "c.yaml:15:3: staticClients[0].grantTypes: unknown key"),
        .added(
            "connectors: [{type: mockCallback, id: b, name: b, grantTypes: [client_credentials]}]\n",
            "c.yaml:5:64: connectors[0].grantTypes[0]: the client credentials grant is not built yet"),
        .whole(
            "issuer: https://a\nstorage: {type: postgres, config: {host: a}}\nweb: {http: \":1\"}\nenablePasswordDB: on\n",
            "c.yaml:2:17: storage.type: PostgreSQL storage is not built yet"),
    ]
}
