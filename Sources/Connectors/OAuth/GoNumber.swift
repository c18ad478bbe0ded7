import Bytes

/// A number as Go's `fmt` writes a `float64`, which is how Dex turns a number into text: 7 digits and more have an exponent.
enum GoNumber {
    /// `%v`: `42`, `123456`, `1.234567e+06`.
    static func text(_ number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf" }
        let (digits, exponent) = shortest(number.magnitude)
        let sign = number.sign == .minus ? "-" : ""
        // Go's rule for the shortest form: an exponent below -4, or of 6 and above.
        return sign + (exponent < -4 || exponent >= 6 ? scientific(digits, exponent) : plain(digits, exponent))
    }

    /// The fewest digits that mean this number, and the power of ten of the first one.
    private static func shortest(_ number: Double) -> (digits: [UInt8], exponent: Int) {
        let parts = number.description.cut(at: "e", most: 1)
        let mantissa = parts[0].cut(at: ".", most: 1)
        let whole = Array(mantissa[0].utf8)
        let all = whole + (mantissa.count > 1 ? Array(mantissa[1].utf8) : [])
        let zeros = all.prefix { $0 == zero }.count
        var digits = Array(all[zeros...])
        while digits.last == zero { digits.removeLast() }
        guard !digits.isEmpty else { return ([zero], 0) }
        return (digits, whole.count - 1 - zeros + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0))
    }

    private static let zero = UInt8(ascii: "0")

    private static func scientific(_ digits: [UInt8], _ exponent: Int) -> String {
        let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
        let rest = digits.count > 1 ? "." + text(digits[1...]) : ""
        return text(digits[..<1]) + rest + "e" + (exponent < 0 ? "-" : "+") + power
    }

    private static func plain(_ digits: [UInt8], _ exponent: Int) -> String {
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + text(digits[...]) }
        let count = exponent + 1
        if digits.count <= count { return text(digits[...]) + String(repeating: "0", count: count - digits.count) }
        return text(digits[..<count]) + "." + text(digits[count...])
    }

    private static func text(_ digits: ArraySlice<UInt8>) -> String { String(decoding: digits, as: UTF8.self) }
}
