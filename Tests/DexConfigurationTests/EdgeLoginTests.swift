import Bytes
import Testing

@testable import DexConfiguration

struct EdgeLoginTests {
    @Test(arguments: [
        "{login: {}}", "{login: {redirectURI: /oauth2/callback, authURL: /dex/auth, prompt: none}}",
        "{login: {issuer: 'https://accounts.example.com', clientID: a, clientSecret: b, redirectURI: 'https://a.example/oauth2/callback'}}",
        "{login: {issuer: 'https://accounts.example.com', clientID: a, allowedRedirectHosts: [a.example]}}",
        "{login: {allowedRedirectHosts: [a.example, 'd.example:8443']}}",
        "{login: {origin: 'https://a.example', allowedRedirectHosts: [.b.example, '*.c.example', 'e.example:*']}}",
        "{login: {}, session: {store: cookie, lifetime: 168h, cookie: {name: _oauth2_proxy, sameSite: none}}}",
        "{login: {}, session: {idleLifetime: 30m, cookie: {domain: example.com}}}",
    ])
    func `What makes sense is taken`(_ edge: String) {
        #expect(problems(minimal + "edge: " + edge) == [])
    }

    @Test(arguments: [
        ("{login: {issuer: 'https://accounts.example.com'}}", "clientID"),
        ("{login: {issuer: 'https://accounts.example.com', clientID: a}}", "redirectURI"),
        ("{login: {issuer: 'https://accounts.example.com', clientID: a, allowedRedirectHosts: ['*.a.example']}}", "redirectURI"),
        ("{login: {allowedRedirectHosts: [a.example, '*.b.example']}}", "*.b.example stands for many hosts"),
        ("{login: {allowedRedirectHosts: ['a.example:*']}}", "a.example:* stands for many hosts"),
        ("{login: {clientSecret: b}}", "a secret of which client"),
        ("{login: {redirectURI: //evil.example/x}}", "redirectURI"), ("{login: {redirectURI: a.example}}", "redirectURI"),
        ("{login: {authURL: 'javascript:x'}}", "authURL"), ("{login: {origin: 'https://a.example/x'}}", "origin"),
        ("{login: {allowedRedirectHosts: ['*']}}", "every host"),
        ("{login: {allowedRedirectHosts: ['https://a.example']}}", "no host"),
        ("{login: {allowedRedirectHosts: ['a*.example']}}", "no host"),
        ("{login: {parameters: {state: x}}}", "state is written by the login itself"),
        ("{login: {apiRoutes: [api]}}", "no path"), ("{login: {anyAccept: maybe}}", "unknown answer"),
        ("{session: {store: redis}}", "unknown store"), ("{session: {store: cookie, lifetime: 200h}}", "168h"),
        ("{session: {idleLifetime: 5s}}", "at least 1m"), ("{session: {cookie: {name: 'a b'}}}", "no name of a cookie"),
        ("{session: {cookie: {domain: com}}}", "no domain"), ("{session: {cookie: {domain: 'https://a.example'}}}", "no domain"),
        ("{session: {cookie: {name: __Host-a, domain: example.com}}}", "belongs to one host"),
        ("{session: {cookie: {sameSite: none, secure: false}}}", "browsers refuse"), ("{session: {cooky: {}}}", "unknown key"),
    ])
    func `What cannot work stops the start and says why`(_ edge: String, _ expected: String) {
        let found = problems(minimal + "edge: " + edge)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }
}
