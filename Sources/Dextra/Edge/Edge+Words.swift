import DexConfiguration
import Edge
import EdgeServer
import JOSE
import Web

/// From the configuration's words to the edge's, one by one: a word that only one of them knows does not compile.

extension IdentityHeaders.Family {
    init(_ word: Configuration.Edge.Headers.Family) {
        self =
            switch word {
            case .xAuthRequest: .xAuthRequest
            case .xForwarded: .xForwarded
            case .kubeflow: .kubeflow
            case .google: .google
            }
    }
}

extension IdentityHeaders.Authorization {
    init(_ word: Configuration.Edge.Headers.Authorization) {
        self =
            switch word {
            case .keep: .keep
            case .token: .token
            case .remove: .remove
            }
    }
}

extension ProxyDialect {
    init(_ word: Configuration.Edge.Proxy) {
        self =
            switch word {
            case .nginx: .nginx
            case .ingressNginx: .ingressNginx
            case .traefik: .traefik
            case .caddy: .caddy
            case .haproxy: .haproxy
            case .apache: .apache
            }
    }
}

extension CertificateTrust.Name {
    init(_ word: Configuration.Edge.Certificates.Name) {
        self =
            switch word {
            case .uri: .uri
            case .dns: .dns
            case .subject: .subject
            case .hash: .hash
            }
    }
}

extension ProxyUpstream.Scheme {
    init(_ word: Configuration.Edge.Upstream.Scheme) {
        self =
            switch word {
            case .http: .http
            case .https: .https
            case .h2c: .h2c
            }
    }
}

extension SignatureAlgorithm {
    init(_ word: SigningAlgorithm) {
        self =
            switch word {
            case .RS256: .RS256
            case .RS384: .RS384
            case .RS512: .RS512
            case .PS256: .PS256
            case .PS384: .PS384
            case .PS512: .PS512
            case .ES256: .ES256
            case .ES384: .ES384
            case .ES512: .ES512
            case .EdDSA: .EdDSA
            }
    }
}

extension TLSProtocolVersion {
    init(_ word: TLSVersion) {
        self =
            switch word {
            case .v1_2: .tls12
            case .v1_3: .tls13
            }
    }
}

extension ChallengeRule.Challenge {
    init(_ word: Configuration.Edge.Login.AnyAccept) {
        self =
            switch word {
            case .login: .login
            case .unauthorized: .unauthorized
            }
    }
}

extension SessionCookie.SameSite {
    init(_ word: Configuration.Edge.Session.SameSite) {
        self =
            switch word {
            case .strict: .strict
            case .lax: .lax
            case .none: .none
            }
    }
}

extension SessionSettings.Keeping {
    init(_ word: Configuration.Edge.Session.Store) {
        self =
            switch word {
            case .database: .database
            case .cookie: .cookie
            }
    }
}
