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
    private static func shortest(_ number: Double) -> (digits: String, exponent: Int) {
        let parts = number.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(mantissa[0])
        let all = whole + (mantissa.count > 1 ? String(mantissa[1]) : "")
        let zeros = all.prefix { $0 == "0" }.count
        var digits = all.dropFirst(zeros)
        while digits.last == "0" { digits.removeLast() }
        guard !digits.isEmpty else { return ("0", 0) }
        return (String(digits), whole.count - 1 - zeros + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0))
    }

    private static func scientific(_ digits: String, _ exponent: Int) -> String {
        let power = String(exponent.magnitude)
        let mantissa = digits.count > 1 ? "\(digits.prefix(1)).\(digits.dropFirst())" : digits
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (power.count < 2 ? "0" + power : power)
    }

    private static func plain(_ digits: String, _ exponent: Int) -> String {
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let count = exponent + 1
        if digits.count <= count { return digits + String(repeating: "0", count: count - digits.count) }
        return "\(digits.prefix(count)).\(digits.dropFirst(count))"
    }
}
