//! Conversions between units of measure.
//!
//! The names are those the reference lists for each function; any other name gives null.

use super::Def;
use super::def;
use crate::engine::text::text;
use crate::engine::value::Type;
use crate::engine::value::Value;

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::Real;
    match name {
        "convert_angle" => def(3, 3, Real, |a| convert(a, angle)),
        "convert_energy" => def(3, 3, Real, |a| convert(a, energy)),
        "convert_force" => def(3, 3, Real, |a| convert(a, force)),
        "convert_length" => def(3, 3, Real, |a| convert(a, length)),
        "convert_mass" => def(3, 3, Real, |a| convert(a, mass)),
        "convert_speed" => def(3, 3, Real, |a| convert(a, speed)),
        "convert_volume" => def(3, 3, Real, |a| convert(a, volume)),
        "convert_temperature" => def(3, 3, Real, |a| {
            let converted = || {
                let (from, to) = (temperature(&text(&a[1]))?, temperature(&text(&a[2]))?);
                let kelvin = a[0].as_real()? * from.0 + from.1;
                Some((kelvin - to.1) / to.0)
            };
            converted().into()
        }),
        _ => None,
    }
}

/// Scales by units: `factor` tells how many base units one unit is.
fn convert(a: &[Value], factor: fn(&str) -> Option<f64>) -> Value {
    match (a[0].as_real(), factor(&text(&a[1])), factor(&text(&a[2]))) {
        (Some(n), Some(from), Some(to)) => Value::Real(n * (from / to)),
        _ => Value::Null,
    }
}

fn angle(unit: &str) -> Option<f64> {
    Some(match unit {
        "Degree" => 1.0,
        "Arcminute" => 1.0 / 60.0,
        "Arcsecond" => 1.0 / 3600.0,
        "Gradian" => 0.9,
        "Radian" => 180.0 / std::f64::consts::PI,
        "Centiradian" => 1.8 / std::f64::consts::PI,
        "Deciradian" => 18.0 / std::f64::consts::PI,
        "Milliradian" => 0.18 / std::f64::consts::PI,
        "Microradian" => 0.000_18 / std::f64::consts::PI,
        "Nanoradian" => 0.000_000_18 / std::f64::consts::PI,
        "Revolution" | "Tilt" => 360.0,
        "NatoMil" => 360.0 / 6400.0,
        _ => return None,
    })
}

fn energy(unit: &str) -> Option<f64> {
    const BRITISH_THERMAL_UNIT: f64 = 1_055.055_852_62;
    const ELECTRON_VOLT: f64 = 1.602_176_565e-19;
    const THERM_US: f64 = 1.054_804e8;
    const THERM_EC: f64 = 1.055_055_852_62e8;
    const THERM_IMPERIAL: f64 = 1.055_055_852_57e8;
    Some(match unit {
        "Joule" => 1.0,
        "Kilojoule" => 1e3,
        "Megajoule" => 1e6,
        "Gigajoule" => 1e9,
        "Millijoule" => 1e-3,
        "BritishThermalUnit" => BRITISH_THERMAL_UNIT,
        "KilobritishThermalUnit" => 1e3 * BRITISH_THERMAL_UNIT,
        "MegabritishThermalUnit" => 1e6 * BRITISH_THERMAL_UNIT,
        "GigabritishThermalUnit" => 1e9 * BRITISH_THERMAL_UNIT,
        "Calorie" => 4.184,
        "Kilocalorie" => 4184.0,
        "Megacalorie" => 4.184e6,
        "ElectronVolt" => ELECTRON_VOLT,
        "KiloelectronVolt" => 1e3 * ELECTRON_VOLT,
        "MegaelectronVolt" => 1e6 * ELECTRON_VOLT,
        "GigaelectronVolt" => 1e9 * ELECTRON_VOLT,
        "TeraelectronVolt" => 1e12 * ELECTRON_VOLT,
        "Erg" => 1e-7,
        "FootPound" => 1.355_817_948,
        "HorsepowerHour" => 2.684_519_537_696_173e6,
        "WattHour" => 3600.0,
        "KilowattHour" => 3.6e6,
        "MegawattHour" => 3.6e9,
        "GigawattHour" => 3.6e12,
        "TerawattHour" => 3.6e15,
        "WattDay" => 86_400.0,
        "KilowattDay" => 8.64e7,
        "MegawattDay" => 8.64e10,
        "GigawattDay" => 8.64e13,
        "TerawattDay" => 8.64e16,
        "ThermUs" => THERM_US,
        "ThermEc" => THERM_EC,
        "ThermImperial" => THERM_IMPERIAL,
        "DecathermUs" => 10.0 * THERM_US,
        "DecathermEc" => 10.0 * THERM_EC,
        "DecathermImperial" => 10.0 * THERM_IMPERIAL,
        _ => return None,
    })
}

fn force(unit: &str) -> Option<f64> {
    Some(match unit {
        "Newton" => 1.0,
        "Kilonewton" => 1e3,
        "Meganewton" => 1e6,
        "Decanewton" => 10.0,
        "Millinewton" => 1e-3,
        "Micronewton" => 1e-6,
        "Dyn" => 1e-5,
        "KilogramForce" | "KiloPond" => 9.806_65,
        "PoundForce" => 4.448_221_615_260_5,
        "KilopoundForce" => 4_448.221_615_260_5,
        "OunceForce" => 2.780_138_509_537_812e-1,
        "Poundal" => 0.138_254_954_376,
        "ShortTonForce" => 8.896_443_230_521e3,
        "TonneForce" => 9_806.65,
        _ => return None,
    })
}

fn length(unit: &str) -> Option<f64> {
    const LIGHT_YEAR: f64 = 9.460_730_472_580_8e15;
    const PARSEC: f64 = 3.085_677_581_28e16;
    const INCH: f64 = 0.0254;
    Some(match unit {
        "Meter" => 1.0,
        "Kilometer" => 1e3,
        "Megameter" => 1e6,
        "Hectometer" => 100.0,
        "Decameter" => 10.0,
        "Decimeter" => 0.1,
        "Centimeter" => 0.01,
        "Millimeter" => 1e-3,
        "Micrometer" => 1e-6,
        "Nanometer" => 1e-9,
        "Angstrom" => 1e-10,
        "Inch" => INCH,
        "Mil" => 1e-3 * INCH,
        "Microinch" => 1e-6 * INCH,
        // The points and picas of printers and of type set on a screen differ.
        "DtpPoint" => INCH / 72.0,
        "DtpPica" => INCH / 6.0,
        "PrinterPoint" => INCH / 72.27,
        "PrinterPica" => 12.0 * INCH / 72.27,
        "Twip" => INCH / 1440.0,
        "Foot" => 0.3048,
        "Yard" => 0.9144,
        "Mile" => 1609.344,
        "DataMile" => 1828.8,
        "NauticalMile" => 1852.0,
        "Fathom" => 1.8288,
        "Chain" => 20.1168,
        "Shackle" => 27.432,
        "Hand" => 0.1016,
        "LightYear" => LIGHT_YEAR,
        "KilolightYear" => 1e3 * LIGHT_YEAR,
        "MegalightYear" => 1e6 * LIGHT_YEAR,
        "AstronomicalUnit" => 1.495_978_707e11,
        "Parsec" => PARSEC,
        "Kiloparsec" => 1e3 * PARSEC,
        "Megaparsec" => 1e6 * PARSEC,
        "SolarRadius" => 6.955_1e8,
        "UsSurveyFoot" => 1200.0 / 3937.0,
        _ => return None,
    })
}

fn mass(unit: &str) -> Option<f64> {
    Some(match unit {
        "Kilogram" => 1.0,
        "Gram" => 1e-3,
        "Hectogram" => 0.1,
        "Decagram" => 0.01,
        "Decigram" => 1e-4,
        "Centigram" => 1e-5,
        "Milligram" => 1e-6,
        "Microgram" => 1e-9,
        "Nanogram" => 1e-12,
        "Tonne" => 1e3,
        "Kilotonne" => 1e6,
        "Megatonne" => 1e9,
        "Pound" => 0.453_592_37,
        "Kilopound" => 453.592_37,
        "Megapound" => 453_592.37,
        "Ounce" => 0.028_349_523_125,
        "Stone" => 6.350_293_18,
        "Grain" => 6.479_891e-5,
        "ShortTon" => 907.184_74,
        "LongTon" => 1_016.046_908_8,
        "ShortHundredweight" => 45.359_237,
        "LongHundredweight" => 50.802_345_44,
        "Slug" => 14.593_902_937_206_36,
        "EarthMass" => 5.972_2e24,
        "SolarMass" => 1.988_47e30,
        _ => return None,
    })
}

fn speed(unit: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 12] = [
        ("Kilometer", 1e3),
        ("Decimeter", 0.1),
        ("Centimeter", 0.01),
        ("Millimeter", 1e-3),
        ("Micrometer", 1e-6),
        ("Nanometer", 1e-9),
        ("Meter", 1.0),
        ("Foot", 0.3048),
        ("Inch", 0.0254),
        ("Yard", 0.9144),
        ("Mile", 1609.344),
        ("UsSurveyFoot", 1200.0 / 3937.0),
    ];
    match unit {
        "Knot" => return Some(1852.0 / 3600.0),
        "Mach" => return Some(340.29),
        "SpeedOfLight" => return Some(299_792_458.0),
        _ => {}
    }
    let (distance, time) = unit.split_once("Per")?;
    let distance = UNITS
        .iter()
        .find(|(name, _)| distance.trim_end_matches('s') == *name)?
        .1;
    let time = match time {
        "Second" => 1.0,
        "Minute" => 60.0,
        "Hour" => 3600.0,
        _ => return None,
    };
    Some(distance / time)
}

fn volume(unit: &str) -> Option<f64> {
    const CUBIC_FOOT: f64 = 0.028_316_846_592;
    const US_GALLON: f64 = 3.785_411_784e-3;
    const IMPERIAL_GALLON: f64 = 4.546_09e-3;
    Some(match unit {
        "CubicMeter" | "Kiloliter" => 1.0,
        "CubicKilometer" => 1e9,
        "CubicHectometer" => 1e6,
        "HectocubicMeter" => 100.0,
        "KilocubicMeter" | "Megaliter" => 1e3,
        "CubicDecimeter" | "Liter" => 1e-3,
        "CubicCentimeter" | "Milliliter" => 1e-6,
        "CubicMillimeter" | "Microliter" => 1e-9,
        "CubicMicrometer" => 1e-18,
        "Hectoliter" => 0.1,
        "Decaliter" => 0.01,
        "Deciliter" => 1e-4,
        "Centiliter" => 1e-5,
        "CubicFoot" => CUBIC_FOOT,
        "HectocubicFoot" => 1e2 * CUBIC_FOOT,
        "KilocubicFoot" => 1e3 * CUBIC_FOOT,
        "MegacubicFoot" => 1e6 * CUBIC_FOOT,
        "BoardFoot" => CUBIC_FOOT / 12.0,
        // As the reference's example has it; it is 43,560 cubic feet to one millionth.
        "AcreFoot" => 1.0 / 0.000_810_714,
        "CubicInch" => 1.638_706_4e-5,
        "CubicYard" => 0.764_554_857_984,
        "CubicMile" => 4.168_181_825_440_58e9,
        "UsGallon" => US_GALLON,
        "DeciusGallon" => 0.1 * US_GALLON,
        "DecausGallon" => 10.0 * US_GALLON,
        "HectousGallon" => 1e2 * US_GALLON,
        "KilousGallon" => 1e3 * US_GALLON,
        "MegausGallon" => 1e6 * US_GALLON,
        "UsPint" => 4.731_764_73e-4,
        "UsQuart" => 9.463_529_46e-4,
        "UsOunce" => 2.957_352_956_25e-5,
        "UsTeaspoon" => 4.928_921_593_75e-6,
        "UsTablespoon" => 1.478_676_478_125e-5,
        "UsCustomaryCup" => 2.365_882_365e-4,
        "UsLegalCup" => 2.4e-4,
        "ImperialGallon" => IMPERIAL_GALLON,
        "KiloimperialGallon" => 1e3 * IMPERIAL_GALLON,
        "MegaimperialGallon" => 1e6 * IMPERIAL_GALLON,
        "ImperialPint" => 5.682_612_5e-4,
        "ImperialOunce" => 2.841_306_25e-5,
        "ImperialBeerBarrel" => 36.0 * IMPERIAL_GALLON,
        "MetricCup" => 2.5e-4,
        "MetricTeaspoon" => 5e-6,
        "UkTablespoon" => 1.5e-5,
        "AuTablespoon" => 2e-5,
        "OilBarrel" => 0.158_987_294_928,
        "UsBeerBarrel" => 0.117_347_765_304,
        _ => return None,
    })
}

/// How many kelvins a degree is, and how many kelvins none is.
fn temperature(unit: &str) -> Option<(f64, f64)> {
    Some(match unit {
        "Kelvin" => (1.0, 0.0),
        "DegreeCelsius" => (1.0, 273.15),
        "MillidegreeCelsius" => (1e-3, 273.15),
        "DegreeFahrenheit" => (5.0 / 9.0, 459.67 * 5.0 / 9.0),
        "DegreeRankine" => (5.0 / 9.0, 0.0),
        "DegreeReaumur" => (1.25, 273.15),
        // Water boils at none and freezes at 150.
        "DegreeDelisle" => (-2.0 / 3.0, 373.15),
        "DegreeNewton" => (100.0 / 33.0, 273.15),
        // Water freezes at 7.5 and boils at 60.
        "DegreeRoemer" => (40.0 / 21.0, 273.15 - 7.5 * 40.0 / 21.0),
        "SolarTemperature" => (5778.0, 0.0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `name` makes of a number, to nine digits.
    fn converted(name: &str, n: f64, from: &str, to: &str) -> Option<f64> {
        let body = lookup(name).expect("it is there").body;
        body(&[Value::Real(n), from.into(), to.into()])
            .as_real()
            .map(|n| (n * 1e9).round() / 1e9)
    }

    #[test]
    fn documented_units_are_known() {
        for (name, n, from, to, result) in [
            (
                "convert_volume",
                1.2,
                "CubicMeter",
                "AcreFoot",
                0.000_972_857,
            ),
            ("convert_volume", 1.0, "UsLegalCup", "MetricTeaspoon", 48.0),
            ("convert_length", 1.0, "Inch", "DtpPoint", 72.0),
            ("convert_length", 2.0, "MegalightYear", "LightYear", 2e6),
            ("convert_energy", 1.0, "TerawattDay", "TerawattHour", 24.0),
            (
                "convert_temperature",
                1.2,
                "Kelvin",
                "DegreeCelsius",
                -271.95,
            ),
            (
                "convert_temperature",
                100.0,
                "DegreeCelsius",
                "DegreeFahrenheit",
                212.0,
            ),
            (
                "convert_temperature",
                100.0,
                "DegreeCelsius",
                "DegreeRoemer",
                60.0,
            ),
            (
                "convert_temperature",
                100.0,
                "DegreeCelsius",
                "DegreeDelisle",
                0.0,
            ),
            (
                "convert_temperature",
                33.0,
                "DegreeNewton",
                "DegreeReaumur",
                80.0,
            ),
        ] {
            assert_eq!(converted(name, n, from, to), Some(result), "{from} {to}");
        }
        assert_eq!(converted("convert_mass", 1.0, "Kilogram", "Firkin"), None);
        assert_eq!(
            converted("convert_temperature", 1.0, "Kelvin", "Meter"),
            None
        );
    }
}
