import DexConfiguration
import Testing

@Suite("What is wrong is said where it stands")
struct ProblemTests {
    @Test("each mistake gives exactly its lines", arguments: documents + topLevel + types + checks + ObjectCases.all)
    func problem(_ item: Case) {
        #expect(problems(item.yaml) == item.lines)
    }

    private static let documents: [Case] = [
        .whole(
            "",
            "c.yaml:1:1: the file is empty; at least issuer, storage, web and a connector are needed"),
        .whole(
            "# nothing\n",
            "c.yaml:1:1: the file is empty; at least issuer, storage, web and a connector are needed"),
        .whole(
            "- a\n",
            "c.yaml:1:1: expected a mapping, found a list"),
        .whole(
            "just text",
            "c.yaml:1:1: expected a mapping, found text"),
        .added(
            "---\nissuer: x\n",
            "c.yaml:6:1: a second document begins here; a configuration is one document: remove the --- line"),
        .whole(
            "issuer: [\n",
            "c.yaml:2:1: not valid YAML: did not find expected node content (while parsing a flow node)"),
        .whole(
            "issuer: \"a\n",
            "c.yaml:1:9: not valid YAML: found unexpected end of stream (while scanning a quoted scalar)"),
        .whole(
            "a: *b\n",
            "c.yaml:1:4: not valid YAML: found undefined alias"),
        .whole(
            "a: \u{1}\n",
            "c.yaml:1:4: not valid YAML: control characters are not allowed"),
        .whole(
            "? [a]\n: b\n",
            "c.yaml:1:3: a key must be a word, not a list or a mapping"),
        .added(
            "frontend: {<<: 3}\n",
            "c.yaml:5:16: << merges a mapping, found a single value"),
    ]

    private static let topLevel: [Case] = [
        .whole(
            "a: b\n",
            "c.yaml:1:1: no connector, so nobody could log in; write enablePasswordDB: true, or connectors",
            "c.yaml:1:1: a: unknown key",
            "c.yaml:1:1: issuer: missing; write for example issuer: https://sso.example.com/dex",
            "c.yaml:1:1: storage: missing; write for example storage: {type: sqlite3, config: {file: dextra.db}}",
            "c.yaml:1:1: web: missing; write for example web: {http: 127.0.0.1:5556}"),
        .added(
            "isuer: a\n",
            "c.yaml:5:1: isuer: unknown key; did you mean issuer?"),
        .added(
            "quite: a\n",
            "c.yaml:5:1: quite: unknown key"),
        .added(
            "issuer: https://b.example.com\n",
            "c.yaml:5:1: the key \"issuer\" is written twice; it is already in line 1"),
        .added(
            "Issuer: https://b.example.com\n",
            "c.yaml:5:1: the key \"Issuer\" is written twice; it is already in line 1"),
        .added(
            "oauth2:\n  skipApprovalScren: true\n  pkce: {enforced: true}\n",
            "c.yaml:6:3: oauth2.skipApprovalScren: unknown key; did you mean skipApprovalScreen?",
            "c.yaml:7:10: oauth2.pkce.enforced: unknown key; did you mean enforce?"),
        .added(
            "frontend: {theme: light, theme: dark, issuer: a, issuer: b}\nlogger: {'level': info, \"level\": info}\n",
            "c.yaml:5:26: the key \"theme\" is written twice; it is already in line 5",
            "c.yaml:5:50: the key \"issuer\" is written twice; it is already in line 5",
            "c.yaml:6:25: the key \"level\" is written twice; it is already in line 6"),
        .added(
            "frontend: {theme: a, \"\\u0074heme\": dark}\n",
            "c.yaml:5:22: the key \"theme\" is written twice; it is already in line 5"),
    ]

    private static let types: [Case] = [
        .added(
            "frontend: {issuer: 12}\n",
            "c.yaml:5:20: frontend.issuer: expected text, found a number; put it in quotes"),
        .added(
            "frontend: {issuer: yes}\n",
            "c.yaml:5:20: frontend.issuer: expected text, found true or false; put it in quotes"),
        .added(
            "frontend: {issuer: [a]}\n",
            "c.yaml:5:20: frontend.issuer: expected text, found a list"),
        .added(
            "frontend: 12\n",
            "c.yaml:5:11: frontend: expected a mapping, found a number"),
        .added(
            "oauth2: {skipApprovalScreen: \"yes\"}\n",
            "c.yaml:5:30: oauth2.skipApprovalScreen: expected true or false, found text; remove the quotes"),
        .added(
            "oauth2: {skipApprovalScreen: 1}\n",
            "c.yaml:5:30: oauth2.skipApprovalScreen: expected true or false, found a number"),
        .added(
            "oauth2: {skipApprovalScreen: maybe}\n",
            "c.yaml:5:30: oauth2.skipApprovalScreen: expected true or false, found text"),
        .added(
            "oauth2: {responseTypes: code}\n",
            "c.yaml:5:25: oauth2.responseTypes: expected a list, found text; begin each element with -"),
        .added(
            "oauth2: {responseTypes: [code, null, \"\"]}\n",
            "c.yaml:5:32: oauth2.responseTypes[1]: empty",
            "c.yaml:5:38: oauth2.responseTypes[2]: empty"),
        .added(
            "passwords: {bcryptCost: \"12\"}\n",
            "c.yaml:5:25: passwords.bcryptCost: expected a whole number, found text; remove the quotes"),
        .added(
            "passwords: {bcryptCost: 1}\n",
            "c.yaml:5:25: passwords.bcryptCost: expected a whole number from 4 to 16"),
        .added(
            "passwords: {bcryptCost: 12.5}\n",
            "c.yaml:5:25: passwords.bcryptCost: expected a whole number from 4 to 16"),
        .added(
            "frontend: {extra: {a: 1, b: c}}\n",
            "c.yaml:5:23: frontend.extra.a: expected text, found a number; put it in quotes"),
        .added(
            "expiry: {idTokens: 24}\n",
            "c.yaml:5:20: expiry.idTokens: expected a duration, found a number; add a unit: 30s, 5m or 24h"),
        .added(
            "expiry: {idTokens: 1d, authRequests: 24, deviceRequests: \"24\", authorizationCodes: -5s}\n",
            "c.yaml:5:20: expiry.idTokens: a duration has no days; write hours: 1d is 24h",
            "c.yaml:5:38: expiry.authRequests: expected a duration, found a number; add a unit: 30s, 5m or 24h",
            "c.yaml:5:58: expiry.deviceRequests: the duration \"24\" has no unit; write for example 24h, 90m, 30s or 1h30m",
            "c.yaml:5:84: expiry.authorizationCodes: a duration cannot be negative"),
        .added(
            "expiry: {idTokens: 0s, signingKeys: soon}\n",
            "c.yaml:5:20: expiry.idTokens: must be longer than 0",
            "c.yaml:5:37: expiry.signingKeys: \"soon\" is not a duration; write for example 24h, 90m, 30s or 1h30m"),
    ]

    private static let checks: [Case] = [
        .whole(
            "issuer: sso.example.com\nstorage: {type: memory}\nweb: {http: \":1\"}\nenablePasswordDB: on\n",
            "c.yaml:1:9: issuer: the issuer must be an http or https URL; write for example https://sso.example.com/dex"),
        .whole(
            "issuer: https://sso.example.com/dex/\nstorage: {type: memory}\nweb: {http: \":1\"}\nenablePasswordDB: on\n",
            "c.yaml:1:9: issuer: the issuer cannot end in a slash; write https://sso.example.com/dex"),
        .whole(
            "issuer: https://sso.example.com/?a=b\nstorage: {type: memory}\nweb: {http: \":1\"}\nenablePasswordDB: on\n",
            "c.yaml:1:9: issuer: the issuer cannot have a query or a fragment; write https://sso.example.com/"),
        .whole(
            "issuer: https:///dex\nstorage: {type: memory}\nweb: {http: \":1\"}\nenablePasswordDB: on\n",
            "c.yaml:1:9: issuer: the issuer has no host; write for example https://sso.example.com/dex"),
        .whole(
            "issuer: https://a:b@c/dex\nstorage: {type: memory}\nweb: {http: \":1\"}\nenablePasswordDB: on\n",
            "c.yaml:1:9: issuer: the issuer cannot hold a user or a password"),
        .whole(
            "issuer: https://a b\nstorage: {type: memory}\nweb: {http: \":1\"}\nenablePasswordDB: on\n",
            "c.yaml:1:9: issuer: \"https://a b\" is not a URL; write for example https://sso.example.com/dex"),
        .whole(
            "issuer: https://a//b/../c\nstorage: {type: memory}\nweb: {http: \":1\"}\nenablePasswordDB: on\n",
            "c.yaml:1:9: issuer: the path of the issuer has empty or dotted parts; write for example https://sso.example.com/dex"),
        .whole(
            "issuer: https://a\nstorage: {type: sqlite3}\nweb: {}\n",
            "c.yaml:1:1: no connector, so nobody could log in; write enablePasswordDB: true, or connectors",
            "c.yaml:2:10: storage.config: missing; write config: {file: dextra.db}",
            "c.yaml:3:6: web: neither http nor https is set; write for example http: 127.0.0.1:5556"),
        .whole(
            "issuer: https://a\nstorage: {type: sqlite3, config: {}}\nweb: {https: \":1\"}\nenablePasswordDB: on\n",
            "c.yaml:2:34: storage.config.file: missing; a path, for example dextra.db",
            "c.yaml:3:6: web: https needs tlsCert and tlsKey"),
        .whole(
            "issuer: https://a\nstorage: {type: sqlite}\nweb: {http: 5556}\nenablePasswordDB: on\n",
            "c.yaml:2:17: storage.type: unknown storage type \"sqlite\"; did you mean \"sqlite3\"?",
            "c.yaml:3:13: web.http: expected an address to listen on, found a number; write \":5556\""),
        .whole(
            "issuer: https://a\nstorage: {config: {}}\nweb: {http: http://a:1}\nenablePasswordDB: on\n",
            "c.yaml:2:10: storage.type: missing; one of sqlite3, memory",
            "c.yaml:3:13: web.http: \"http://a:1\" is not an address to listen on; write host:port without http://"),
        .whole(
            "issuer: https://a\nstorage: {type: memory}\nweb: {http: \"::1\", https: 127.0.0.1, tlsCert: a}\nenablePasswordDB: on\n",
            "c.yaml:3:13: web.http: \"::1\" is not an address to listen on; write [::1]:5556",
            "c.yaml:3:27: web.https: \"127.0.0.1\" is not an address to listen on; write 127.0.0.1:5556",
            "c.yaml:3:47: web.tlsCert: tlsKey is missing"),
        .whole(
            "issuer: https://a\nstorage: {type: memory}\nweb: {http: \":1\", tlsKey: b}\nenablePasswordDB: on\n",
            "c.yaml:3:27: web.tlsKey: tlsCert is missing"),
        .whole(
            "issuer: https://a\nstorage: {type: memory}\nweb: {http: a:70000, tlsMinVersion: 1.2, tlsMaxVersion: \"1.1\"}\nenablePasswordDB: on\n",
            "c.yaml:3:13: web.http: \"a:70000\" is not an address to listen on; write host:port, [IPv6 address]:port or :port",
            "c.yaml:3:37: web.tlsMinVersion: expected text, found a number; put it in quotes",
            "c.yaml:3:57: web.tlsMaxVersion: unknown TLS version \"1.1\"; did you mean \"1.2\"?"),
        .whole(
            "issuer: https://a\nstorage: {type: memory}\nweb: {http: \":1\", tlsMinVersion: '1.3', tlsMaxVersion: '1.2'}\nenablePasswordDB: on\n",
            "c.yaml:3:56: web.tlsMaxVersion: lower than tlsMinVersion"),
        .whole(
            "issuer: https://a\nstorage: {type: memory}\nweb: {http: \":1\", headers: {X-Frame-Option: DENY, X-XSS-Protection: \"a\\nb\"}, allowedHeaders: [a b]}\nenablePasswordDB: on\n",
            "c.yaml:3:29: web.headers.X-Frame-Option: unknown key; did you mean X-Frame-Options?",
            "c.yaml:3:69: web.headers.X-XSS-Protection: the value of a header is one line of ASCII; begin a text over several lines with >-",
            "c.yaml:3:95: web.allowedHeaders[0]: \"a b\" is not the name of a header"),
        .whole(
            "issuer: https://a\nstorage: {type: memory}\nweb: {http: \":1\", clientRemoteIP: {trustedProxies: [10.0.0.1, 10.0.0.0/33, \"fd00::\", a/8]}}\nenablePasswordDB: on\n",
            "c.yaml:3:53: web.clientRemoteIP.trustedProxies[0]: \"10.0.0.1\" is not a range of addresses; write 10.0.0.1/32 for one address",
            "c.yaml:3:63: web.clientRemoteIP.trustedProxies[1]: \"10.0.0.0/33\" is not a range of addresses; write for example 10.0.0.0/8",
            "c.yaml:3:76: web.clientRemoteIP.trustedProxies[2]: \"fd00::\" is not a range of addresses; write fd00::/128 for one address",
            "c.yaml:3:86: web.clientRemoteIP.trustedProxies[3]: \"a/8\" is not a range of addresses; write for example 10.0.0.0/8"
        ),
        .added(
            "telemetry: {enableProfiling: true}\n",
            "c.yaml:5:30: telemetry.enableProfiling: profiling is not offered; remove it or set it to false"),
        .added(
            "logger: {level: inf, format: xml}\n",
            "c.yaml:5:17: logger.level: unknown log level \"inf\"; did you mean info?",
            "c.yaml:5:30: logger.format: unknown log format \"xml\"; one of text, json"),
        .added(
            "logger: {level: info+x}\n",
            "c.yaml:5:17: logger.level: unknown log level \"info+x\"; did you mean info?"),
        .added(
            "frontend: {theme: purple}\n",
            "c.yaml:5:19: frontend.theme: unknown theme \"purple\"; one of auto, light, dark; other themes need frontend.dir"),
        .added(
            "oauth2: {responseTypes: [cod, token code], grantTypes: [authorization-code], pkce: {codeChallengeMethodsSupported: [s256]}, accessTokenFormat: jwe}\n",
            "c.yaml:5:26: oauth2.responseTypes[0]: unknown response type \"cod\"; did you mean \"code\"?",
            "c.yaml:5:31: oauth2.responseTypes[1]: unknown response type \"token code\"; one of code, token, id_token, code token, code id_token, id_token token, code id_token token",
            "c.yaml:5:57: oauth2.grantTypes[0]: unknown grant type \"authorization-code\"; did you mean \"authorization_code\"?",
            "c.yaml:5:117: oauth2.pkce.codeChallengeMethodsSupported[0]: unknown code challenge method \"s256\"; did you mean \"S256\"?",
            "c.yaml:5:144: oauth2.accessTokenFormat: unknown access token format \"jwe\"; did you mean \"jwt\"?"),
        .added(
            "oauth2: {passwordConnector: locl}\n",
            "c.yaml:5:29: oauth2.passwordConnector: there is no connector \"locl\"; did you mean \"local\"?"),
        .added(
            "oauth2: {passwordConnector: m}\nconnectors: [{type: mockCallback, id: m, name: M}]\n",
            "c.yaml:5:29: oauth2.passwordConnector: the connector \"m\" has no passwords"),
        .added(
            "signer: {type: locale}\n",
            "c.yaml:5:16: signer.type: unknown signer type \"locale\"; did you mean \"local\"?"),
        .added(
            "signer: {config: {}}\n",
            "c.yaml:5:9: signer.type: missing; one of local, file"),
        .added(
            "signer: {type: local, config: {algorithm: HS256, keysRotationPeriod: 0h}}\n",
            "c.yaml:5:43: signer.config.algorithm: unknown signature algorithm \"HS256\"; did you mean \"RS256\"?",
            "c.yaml:5:70: signer.config.keysRotationPeriod: must be longer than 0"),
        .added(
            "signer: {type: file}\nexpiry: {signingKeys: 6h}\n",
            "c.yaml:5:9: signer.config: missing; write config: {keys: [signing.pem]}",
            "c.yaml:6:23: expiry.signingKeys: keys in files have no rotation period; remove signingKeys, or write signer.type: local"
        ),
        .added(
            "signer: {type: file, config: {keys: []}}\n",
            "c.yaml:5:37: signer.config.keys: empty; at least one key must sign"),
        .added(
            "web2: {}\n",
            "c.yaml:5:1: web2: unknown key; did you mean web?"),
    ]
}
