import JOSE

/// Ids and secrets in Dex's form: a letter and lower-case base32 of 15 random bytes, 25 characters and 120 bits.
public enum Identifier {
    public static func make(_ random: any RandomSource) -> String {
        text(of: random.bytes(15))
    }

    static func text(of bytes: [UInt8]) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        var result: [UInt8] = [alphabet[Int((bytes.first ?? 0) % 26)]]
        var buffer = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | Int(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                result.append(alphabet[buffer >> bits & 31])
            }
            buffer &= (1 << bits) - 1
        }
        if bits > 0 { result.append(alphabet[buffer << (5 - bits) & 31]) }
        return String(decoding: result, as: UTF8.self)
    }
}
