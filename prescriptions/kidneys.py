"""The kidneys' work from a creatinine value. Pure."""

from decimal import Decimal

MICROMOL_PER_MG_DL = Decimal("88.42")
CREATININE = {"mg/dL": Decimal(1), "umol/L": 1 / MICROMOL_PER_MG_DL, "mmol/L": 1000 / MICROMOL_PER_MG_DL}  # UCUM
ADULT = 18


def egfr_from(creatinine: Decimal, unit: str, age: int, sex: str) -> int | None:
    """Return the estimated filtration in ml/min/1.73 m² (CKD-EPI 2021, without race), rounded; None where it does not hold.

    Inker et al., N Engl J Med 2021;385:1737-1749. For adults of known sex; `unit` is UCUM.
    """
    factor = CREATININE.get(unit)
    if factor is None or creatinine <= 0 or age < ADULT or sex not in ("female", "male"):
        return None
    kappa, alpha, times = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    share = float(creatinine * factor) / kappa
    return round(142 * min(share, 1) ** alpha * max(share, 1) ** -1.2 * 0.9938**age * times)
