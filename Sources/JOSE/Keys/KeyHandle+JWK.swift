import Bytes
import COpenSSL

extension KeyHandle {
    /// Makes a key of the members of RFC 7518 §6 and RFC 8037 §2.
    static func make(_ half: Half, from jwk: JWK) throws(KeyError) -> KeyHandle {
        if half == .keyPair, !jwk.has("d") { throw .malformedJWK(member: "d") }
        return switch jwk.type.exact {
        case "RSA": try rsa(jwk, half)
        case "EC": try ec(jwk, half)
        case "OKP": try okp(jwk, half)
        default: throw .unsupported("kty \(jwk.type)")
        }
    }

    private static func rsa(_ jwk: JWK, _ half: Half) throws(KeyError) -> KeyHandle {
        let modulus = try jwk.bytes("n")
        // Before OpenSSL computes with it: the size of a foreign key is its owner's choice.
        guard modulus.count <= KeySpecification.rsaBits.upperBound / 8 else {
            throw .unacceptableSize(bits: modulus.count * 8)
        }
        let exponent = try jwk.bytes("e")
        // Odd and 3 or more; at most 64 bits, as larger ones are of no use but to slow us down.
        guard exponent.count <= 8, let last = exponent.last, last & 1 == 1, exponent != [1] else {
            throw .malformedJWK(member: "e")
        }
        var parts: [Part] = [
            .number(OSSL_PKEY_PARAM_RSA_N, modulus),
            .number(OSSL_PKEY_PARAM_RSA_E, exponent),
        ]
        if half == .keyPair {
            guard !jwk.has("oth") else { throw .unsupported("RSA key with more than two primes") }
            for (member, parameter) in rsaPrivateMembers {
                parts.append(.number(parameter, try jwk.bytes(member)))
            }
        }
        return try assemble("RSA", half, parts)
    }

    private static func ec(_ jwk: JWK, _ half: Half) throws(KeyError) -> KeyHandle {
        let name = try jwk.text("crv")
        guard let curve = Curve(rawValue: name) else { throw .unsupported("EC key on \(name)") }
        // 4: an uncompressed point follows (SEC 1 §2.3.3).
        let point = try [4] + jwk.bytes("x", count: curve.byteCount) + jwk.bytes("y", count: curve.byteCount)
        var parts: [Part] = [
            .text(OSSL_PKEY_PARAM_GROUP_NAME, curve.groupName),
            .bytes(OSSL_PKEY_PARAM_PUB_KEY, point),
        ]
        if half == .keyPair {
            parts.append(.number(OSSL_PKEY_PARAM_PRIV_KEY, try jwk.bytes("d", count: curve.byteCount)))
        }
        return try assemble("EC", half, parts)
    }

    private static func okp(_ jwk: JWK, _ half: Half) throws(KeyError) -> KeyHandle {
        let name = try jwk.text("crv")
        guard name == "Ed25519" else { throw .unsupported("OKP key on \(name)") }
        var parts: [Part] = [.bytes(OSSL_PKEY_PARAM_PUB_KEY, try jwk.bytes("x", count: 32))]
        if half == .keyPair {
            parts.append(.bytes(OSSL_PKEY_PARAM_PRIV_KEY, try jwk.bytes("d", count: 32)))
        }
        return try assemble("ED25519", half, parts)
    }

    // MARK: Write

    func publicJWK() throws(KeyError) -> JWK {
        switch specification {
        case .rsa:
            JWK(
                type: "RSA",
                [
                    member("n", try number(OSSL_PKEY_PARAM_RSA_N)),
                    member("e", try number(OSSL_PKEY_PARAM_RSA_E)),
                ])
        case .ec(let curve):
            JWK(
                type: "EC",
                [
                    (name: "crv", value: .string(curve.rawValue)),
                    member("x", try number(OSSL_PKEY_PARAM_EC_PUB_X, length: curve.byteCount)),
                    member("y", try number(OSSL_PKEY_PARAM_EC_PUB_Y, length: curve.byteCount)),
                ])
        case .ed25519:
            JWK(
                type: "OKP",
                [
                    (name: "crv", value: "Ed25519"),
                    member("x", try rawPublicKey()),
                ])
        }
    }

    func privateJWK() throws(KeyError) -> JWK {
        var jwk = try publicJWK()
        switch specification {
        case .rsa:
            for (member, parameter) in KeyHandle.rsaPrivateMembers {
                jwk[bytes: member] = try number(parameter)
            }
        case .ec(let curve):
            jwk[bytes: "d"] = try number(OSSL_PKEY_PARAM_PRIV_KEY, length: curve.byteCount)
        case .ed25519:
            jwk[bytes: "d"] = try rawPrivateKey()
        }
        return jwk
    }

    private func member(_ name: String, _ bytes: [UInt8]) -> (name: String, value: JSON) {
        (name: name, value: .string(Base64URL.encode(bytes)))
    }

    /// The numbered names are macros of macros, which Swift does not import.
    private static let rsaPrivateMembers = [
        ("d", OSSL_PKEY_PARAM_RSA_D),
        ("p", "rsa-factor1"),
        ("q", "rsa-factor2"),
        ("dp", "rsa-exponent1"),
        ("dq", "rsa-exponent2"),
        ("qi", "rsa-coefficient1"),
    ]
}
