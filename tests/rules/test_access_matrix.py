"""Who may do what: a table of roles and doors, driven over HTTP while the story is under way.

One letter for each role, in the order of ROLES:

    y  they may           c  they may, but not in this state (409)       i  they may, but the wish is incomplete (422)
    -  as if it were not there (404)       x  not for this role (403)       u  nobody is signed in (401, pages: sign in)
    0  an empty list

Every cell is undone afterwards, so each meets the same house; and whoever may not has changed nothing.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from realtime.consents import VERSION
from tests import make
from tests.journeys.conftest import clock, story  # noqa: F401
from tests.journeys.stage import Story
from tests.rules.access_stage import everybody, names_of, told  # noqa: F401

pytestmark = pytest.mark.django_db
ROLES = (
    "nobody",
    "ana",  # whose things they are
    "eve",  # another citizen
    "reader", "booker", "collector", "payer",  # act for ana, each in this one scope
    "expired", "revoked",  # acted for ana in every scope
    "ben",  # treats her
    "colleague",  # doctor at the same hospital
    "elsewhere",  # doctor at another one
    "nurse",  # of a health station with a contract, where ana does not sit
    "dan",  # the hospital's desk
    "desk2",  # the other hospital's desk
    "cara",  # pharmacist where ana sent the prescription
    "shop2",  # pharmacist elsewhere
    "regulator", "operator",
)  # fmt: skip
MEANING = {200: "y", 201: "y", 204: "y", 302: "y", 401: "u", 403: "x", 404: "-", 409: "c", 422: "i"}
# What was said between ana and her doctor. Nobody else reads it, wherever it might slip through.
SECRETS = ("Ho khan, sốt nhẹ", "Viêm mũi họng cấp", "Ho và sốt nhẹ hai ngày nay", "Nghỉ ngơi, uống nhiều nước")
# These may meet her reason or diagnosis: her own, who reads for her, her doctor, the chosen pharmacy (what it must know).
CLINICAL = {"ana", "reader", "ben"}

LINE = {"drug": "paracetamol-500-mg-tablet", "dose_quantity": "1", "doses_a_day": 3, "days": 5}
TABLE = """
GET    /api/v1/appointments                                         uy 0 y000 00 xxxx xx xx xx
GET    /api/v1/appointments?person={person}                         uy - y--- -- xxxx xx xx xx
GET    /api/v1/appointments/{appointment}                           uy - yy-- -- y--x y- xx xx
POST   /api/v1/appointments/{appointment}/cancel                    uc - -c-- -- c--x c- xx xx
POST   /api/v1/appointments/{appointment}/check-in                  uc - -c-- -- c--x c- xx xx
POST   /api/v1/appointments/{appointment}/confirm                   uc - -c-- -- xxxx c- xx xx
GET    /api/v1/appointments/{appointment}/cut-short                u- - ---- -- xxxx -- xx xx
GET    /api/v1/encounters/{encounter}                               uy - y--- -- y--x xx xx xx
GET    /api/v1/encounters/{encounter}/vitals                        ux x xxxx xx 0--- xx xx xx
POST   /api/v1/encounters/{encounter}/vitals                        ux x xxxx xx y--- xx xx xx
DELETE /api/v1/encounters/{encounter}/vitals/{allergy}              ux x xxxx xx ---- xx xx xx
PATCH  /api/v1/encounters/{encounter}                               ux - x--- -- y--x xx xx xx
GET    /api/v1/encounters/{encounter}/colleagues                    ux x xxxx xx y--x xx xx xx
POST   /api/v1/encounters/{encounter}/hand-overs                    ux x xxxx xx i--x xx xx xx
GET    /api/v1/hand-overs                                           ux x xxxx xx 000x xx xx xx
POST   /api/v1/encounters/{encounter}/start                         ux x xxxx xx y--x xx xx xx
POST   /api/v1/encounters/{encounter}/finish                        ux x xxxx xx y--x xx xx xx
GET    /api/v1/encounters/{encounter}/evidence                      uy - y--- -- y--x xx xx xx
GET    /api/v1/rooms/{room}/consent                                 uy - -y-- -- y--x xx xx xx
POST   /api/v1/rooms/{room}/consent                                 uy - -y-- -- y--x xx xx xx
POST   /api/v1/rooms/{room}/device-check                            uy - -y-- -- y--- xx xx xx
GET    /api/v1/encounters/{encounter}/recordings                    uy - -0-- -- y--x xx xx xx
GET    /api/v1/recordings/{recording}                               uy - ---- -- y--x xx xx xx
POST   /api/v1/recordings/{recording}/unwanted                      uy - ---- -- xxxx xx xx xx
POST   /api/v1/recordings/{recording}/answer                        ux x xxxx xx c--x xx xx xx
GET    /recordings/{recording}/                                     uy - ---- -- y--x xx xx xx
POST   /recordings/{recording}/unwanted/                            uy - ---- -- xxxx xx xx xx
POST   /recordings/{recording}/answer/                              ux x xxxx xx c--x xx xx xx
GET    /api/v1/encounters/{encounter}/room                          uy - -y-- -- y--- xx xx xx
GET    /api/v1/rooms/{room}                                         uy - -y-- -- y--- xx xx xx
POST   /api/v1/rooms/{room}/join                                    uy - -y-- -- y--- xx xx xx
POST   /api/v1/rooms/{room}/leave                                   uy - -y-- -- y--- xx xx xx
GET    /api/v1/rooms/{room}/quality                                 ux x xxxx xx y--x y- xx xy
GET    /calls/{room}/quality/                                       ux x xxxx xx y--x y- xx xy
GET    /api/v1/rooms/{room}/invites                                 ux x xxxx xx 0--x xx xx xx
POST   /api/v1/rooms/{room}/invites                                 ux x xxxx xx y--x xx xx xx
GET    /api/v1/me/people/{person}                                   uy - y--- -- xxxx xx xx xx
PATCH  /api/v1/me/people/{person}                                   uy - -x-- -- xxxx xx xx xx
GET    /api/v1/people/{person}/record/timeline                      uy - y--- -- y--x xx xx xx
GET    /api/v1/people/{person}/record/summary                       uy - y--- -- y--x xx xx xx
GET    /api/v1/people/{person}/record/access-log                    uy - y--- -- xxxx xx xx xx
GET    /api/v1/people/{person}/record/allergies                     uy - y--- -- y--x xx xx xx
POST   /api/v1/people/{person}/record/allergies                     uy - -y-- -- y--x xx xx xx
DELETE /api/v1/people/{person}/record/allergies/{allergy}           uy - -y-- -- y--x xx xx xx
GET    /api/v1/people/{person}/record/observations                  u0 - 0--- -- 0--x xx xx xx
POST   /api/v1/people/{person}/record/observations                  uy - -y-- -- y--x xx xx xx
GET    /api/v1/urgent-asks                                          u0 0 0000 00 000x xx xx xx
GET    /api/v1/on-call                                              ux x xxxx xx ---x xx xx xx
GET    /api/v1/remote-wishes                                        uy 0 0y00 00 y00x xx xx xx
POST   /api/v1/remote-wishes/{wish}/open                            ux x xxxx xx y--x xx xx xx
GET    /api/v1/prescriptions                                        uy 0 y0y0 00 y00x xx y0 xx
GET    /api/v1/prescriptions?person={person}                        uy 0 y0y0 00 y00x xx y0 xx
GET    /api/v1/prescriptions?encounter={encounter}                  uy 0 y0y0 00 y00x xx y0 xx
GET    /api/v1/prescriptions/{prescription}                         uy - y-y- -- y--x xx y- xx
GET    /api/v1/prescriptions/{prescription}/qr.svg                  uy - --y- -- xxxx xx xx xx
GET    /api/v1/prescriptions/{prescription}/slip.svg                uy - y-y- -- y--x xx xx xx
GET    /api/v1/prescriptions/{prescription}/document.pdf            uy - y-y- -- y--x xx xx xx
POST   /api/v1/prescriptions                                        u- - ---- -- y--x xx -- xx
POST   /api/v1/prescriptions/{prescription}/check                   ux x xxxx xx y--x xx y- xx
POST   /api/v1/prescriptions/{prescription}/sign                    ux x xxxx xx y--x xx xx xx
POST   /api/v1/prescriptions/{prescription}/cancel                  uy - --y- -- y--x xx xx xx
PUT    /api/v1/prescriptions/{prescription}/parts                   ux x xxxx xx c--x xx xx xx
POST   /api/v1/prescriptions/{prescription}/replace                 ux x xxxx xx y--x xx xx xx
DELETE /api/v1/prescriptions/{prescription}/replaces                ux x xxxx xx c--x xx xx xx
POST   /api/v1/prescriptions/{prescription}/route                   uy - --y- -- xxxx xx xx xx
GET    /api/v1/prescriptions/{prescription}/earlier                 ux x xxxx xx ---x xx xx xx
GET    /api/v1/prescribing/own                                      ux x xxxx xx yyyx xx xx xx
POST   /api/v1/prescribing/favourites                               ux x xxxx xx yyyx xx xx xx
DELETE /api/v1/prescribing/favourites/{prescription}                ux x xxxx xx ---x xx xx xx
POST   /api/v1/prescribing/sets                                     ux x xxxx xx yyyx xx xx xx
PATCH  /api/v1/prescribing/sets/{prescription}                      ux x xxxx xx ---x xx xx xx
DELETE /api/v1/prescribing/sets/{prescription}                      ux x xxxx xx ---x xx xx xx
POST   /api/v1/prescribing/snippets                                 ux x xxxx xx yyyx xx xx xx
DELETE /api/v1/prescribing/snippets/{prescription}                  ux x xxxx xx ---x xx xx xx
POST   /api/v1/prescriptions/{prescription}/inquiries               uy - --y- -- xxxx xx xx xx
GET    /api/v1/prescriptions/{prescription}/reservations            u0 - --0- -- xxxx xx xx xx
GET    /api/v1/inquiries/{inquiry}                                  uy - --y- -- xxxx xx xx xx
POST   /api/v1/inquiries/{inquiry}/withdraw                         uy - --y- -- xxxx xx xx xx
POST   /api/v1/inquiry-answers/{answer}/reserve                     uy - --y- -- xxxx xx xx xx
POST   /api/v1/reservations/{allergy}/take-back                     u- - ---- -- xxxx xx xx xx
GET    /api/v1/dispensing/inquiries                                 ux x xxxx xx xxxx xx y0 xx
POST   /api/v1/dispensing/inquiries/{answer}/answer                 ux x xxxx xx xxxx xx y- xx
POST   /api/v1/dispensing/inquiries/{answer}/refuse                 ux x xxxx xx xxxx xx y- xx
GET    /api/v1/dispensing/reservations                              ux x xxxx xx xxxx xx 00 xx
GET    /api/v1/dispensing/queue                                     ux x xxxx xx xxxx xx y0 xx
POST   /api/v1/dispensing/{prescription}/accept                     ux x xxxx xx xxxx xx y- xx
POST   /api/v1/dispensing/{prescription}/return                     ux x xxxx xx xxxx xx -- xx
POST   /api/v1/dispensing/{prescription}/dispense                   ux x xxxx xx xxxx xx x- xx
POST   /api/v1/dispensing/{prescription}/complete                   ux x xxxx xx xxxx xx x- xx
POST   /api/v1/payments                                             uc - ---c -- xxxx c- xx xx
GET    /api/v1/payments/{payment}                                   uy - ---y -- xxxx y- xx xx
POST   /api/v1/payments/{payment}/refunds                           ux x xxxx xx xxxx y- xx xx
GET    /api/v1/payments/{payment}/papers                            uy - ---y -- xxxx y- xx xx
GET    /api/v1/invoices/{invoice}                                   uy - ---y -- xxxx y- xx xx
GET    /api/v1/receipts/{receipt}                                   uy - ---y -- xxxx y- xx xx
GET    /api/v1/booking-policy                                        ux x xxxx xx xxxx yy xx xx
PUT    /api/v1/booking-policy                                        ux x xxxx xx xxxx yy xx xx
GET    /api/v1/schedules                                            ux x xxxx xx y00x y0 xx xx
GET    /api/v1/schedules/{schedule}                                 ux x xxxx xx y--x y- xx xx
PATCH  /api/v1/schedules/{schedule}                                 ux x xxxx xx xxxx y- xx xx
POST   /api/v1/schedules/{schedule}/exceptions                      ux x xxxx xx xxxx y- xx xx
GET    /api/v1/schedules/import                                     ux x xxxx xx xxxx 00 xx xx
GET    /api/v1/schedules/{schedule}/calendars                       ux x xxxx xx 0--x 0- xx xx
POST   /api/v1/schedules/{schedule}/calendars                       ux x xxxx xx y--x y- xx xx
GET    /api/v1/calendar-links                                       u0 0 0000 00 000x xx xx xx
POST   /api/v1/calendar-links                                       uy - y--- -- yyyx xx xx xx
GET    /api/v1/queue?schedule={schedule}                            ux x xxxx xx y--x y- xx xx
POST   /api/v1/queue/call-next                                      ux x xxxx xx c--x c- xx xx
POST   /api/v1/walk-ins                                             ux x xxxx xx xxxx y- xx xx
GET    /api/v1/notifications                                        uy 0 0000 00 y000 00 00 00
GET    /fhir/R4/Patient/{person}                                    uy - y--- -- y--x xx xx xx
GET    /fhir/R4/Encounter/{encounter}                               uy - y--- -- y--x xx xx xx
GET    /fhir/R4/Appointment/{appointment}                           uy - yy-- -- y--x xx xx xx
GET    /fhir/R4/MedicationRequest/{item}                            uy - y-y- -- y--x xx xx xx
GET    /fhir/R4/Observation?patient={person}                        u0 0 0000 00 000x xx xx xx
GET    /fhir/R4/AllergyIntolerance/{allergy}                        uy - y--- -- y--x xx xx xx
GET    /fhir/R4/Patient?_id={person}                                uy 0 y000 00 y00x xx xx xx
GET    /fhir/R4/Encounter?patient={person}                          uy 0 y000 00 y00x xx xx xx
GET    /fhir/R4/Condition?patient={person}                          u0 0 0000 00 000x xx xx xx
GET    /fhir/R4/Appointment?patient={person}                        uy 0 yy00 00 y00x xx xx xx
GET    /fhir/R4/MedicationRequest?patient={person}                  uy 0 y0y0 00 y00x xx xx xx
GET    /fhir/R4/MedicationDispense?patient={person}                 u0 0 0000 00 000x xx xx xx
GET    /fhir/R4/Provenance/{prescription}                           uy - y-y- -- y--x xx xx xx
GET    /fhir/R4/Bundle/{prescription}                               uy - y-y- -- y--x xx xx xx
GET    /fhir/R4/Provenance?patient={person}                         uy 0 y0y0 00 y00x xx xx xx
GET    /fhir/R4/Bundle?patient={person}                             uy 0 y0y0 00 y00x xx xx xx
GET    /fhir/R4/AllergyIntolerance?patient={person}                 uy 0 y000 00 y00x xx xx xx
GET    /fhir/R4/Schedule/{schedule}                                 u- - ---- -- y--x xx xx xx
GET    /fhir/R4/Slot?schedule={schedule}                            u0 0 0000 00 y00x xx xx xx
POST   /fhir/R4/Appointment                                         ux x xxxx xx xxxx xx xx xx
GET    /appointments/{appointment}/                                 uy - yy-- -- xxxx xx xx xx
POST   /appointments/{appointment}/cancel/                          uy - -y-- -- xxxx xx xx xx
POST   /appointments/{appointment}/check-in/                        uy - -y-- -- xxxx xx xx xx
POST   /appointments/{appointment}/confirm/                         uy - -y-- -- xxxx xx xx xx
GET    /visits/{encounter}/evidence.pdf                             uy - y--- -- y--x xx xx xx
GET    /visits/{encounter}/evidence/                                uy - y--- -- y--x xx xx xx
GET    /visits/{encounter}/                                         uy - -y-- -- xxxx xx xx xx
GET    /record/?person={person}                                     uy - y--- -- xxxx xx xx xx
GET    /record/who/?person={person}                                 uy - y--- -- xxxx xx xx xx
POST   /record/allergies/add/?person={person}                       uy - -y-- -- xxxx xx xx xx
POST   /record/allergies/{allergy}/remove/                          uy - -y-- -- xxxx xx xx xx
GET    /people/{person}/                                            uy - -x-- -- xxxx xx xx xx
GET    /prescriptions/                                              uy y yyyy yy xxxx xx xx xx
GET    /prescriptions/{prescription}/                               uy - y-y- -- xxxx xx xx xx
GET    /prescriptions/{prescription}/pharmacy/                      uy - --y- -- xxxx xx xx xx
POST   /prescriptions/{prescription}/pharmacy/                      uy - --y- -- xxxx xx xx xx
GET    /prescriptions/{prescription}/who-has-it/                    uy - --y- -- xxxx xx xx xx
POST   /prescriptions/{prescription}/who-has-it/                    uy - --y- -- xxxx xx xx xx
POST   /prescriptions/{prescription}/who-has-it/reserve/            uy - --y- -- xxxx xx xx xx
POST   /prescriptions/{prescription}/who-has-it/withdraw/           uy - --y- -- xxxx xx xx xx
POST   /prescriptions/{prescription}/who-has-it/take-back/          u- - ---- -- xxxx xx xx xx
POST   /prescriptions/{prescription}/sms/                           uy - --y- -- xxxx xx xx xx
POST   /prescriptions/{prescription}/remind/                        uy - y-y- -- xxxx xx xx xx
GET    /prescriptions/day/                                          uy y yyyy yy xxxx xx xx xx
POST   /prescriptions/day/times/                                    uy y yyyy yy xxxx xx xx xx
POST   /prescriptions/{prescription}/cancel/                        uy - --y- -- xxxx xx xx xx
GET    /payments/{payment}/                                         uy - ---y -- xxxx y- xx xx
POST   /payments/{payment}/start/                                   uy - ---y -- xxxx y- xx xx
GET    /payments/                                                   uy y yyyy yy xxxx xx xx xx
GET    /hospital/payment-accounts/                                  ux x xxxx xx xxxx yy xx xx
GET    /hospital/cash/                                              ux x xxxx xx xxxx yy xx xx
POST   /hospital/cash/open/                                         ux x xxxx xx xxxx yy xx xx
GET    /hospital/cash/payments/{payment}/                           ux x xxxx xx xxxx y- xx xx
GET    /hospital/cash/payments/{payment}/qr.svg                     ux x xxxx xx xxxx y- xx xx
POST   /hospital/cash/payments/{payment}/take/                      ux x xxxx xx xxxx i- xx xx
POST   /hospital/cash/payments/{payment}/refund/                    ux x xxxx xx xxxx y- xx xx
GET    /hospital/cash/shifts/{shift}/                               ux x xxxx xx xxxx y- xx xx
GET    /hospital/money/                                             ux x xxxx xx xxxx yy xx xx
GET    /hospital/money/income.csv                                   ux x xxxx xx xxxx yy xx xx
GET    /hospital/money/refunds/                                     ux x xxxx xx xxxx yy xx xx
POST   /hospital/money/refunds/{refund}/decide/                     ux x xxxx xx xxxx y- xx xx
POST   /hospital/money/refunds/limit/                               ux x xxxx xx xxxx yy xx xx
POST   /hospital/money/refunds/limit/{limit}/decide/                ux x xxxx xx xxxx y- xx xx
POST   /hospital/money/credits/{credit}/pay-out/                    ux x xxxx xx xxxx y- xx xx
GET    /hospital/money/reconciliations/                             ux x xxxx xx xxxx yy xx xx
GET    /hospital/money/reconciliations/{reconciliation}/            ux x xxxx xx xxxx y- xx xx
POST   /hospital/money/reconciliations/{reconciliation}/again/      ux x xxxx xx xxxx y- xx xx
POST   /hospital/money/differences/{difference}/settle/             ux x xxxx xx xxxx y- xx xx
POST   /hospital/disputes/{dispute}/lost/                           ux x xxxx xx xxxx y- xx xx
GET    /hospital/transfers/                                         ux x xxxx xx xxxx yy xx xx
POST   /hospital/transfers/{bank_line}/assign/                      ux x xxxx xx xxxx y- xx xx
POST   /hospital/transfers/{bank_line}/settle/                      ux x xxxx xx xxxx y- xx xx
GET    /hospital/statements/                                        ux x xxxx xx xxxx yy xx xx
POST   /hospital/statements/                                        ux x xxxx xx xxxx ii xx xx
GET    /hospital/statements/{bank_statement}/                       ux x xxxx xx xxxx y- xx xx
GET    /payments/{payment}/back/                                    uy - ---y -- xxxx y- xx xx
POST   /payments/{payment}/share/                                   uy - ---y -- xxxx y- xx xx
POST   /payments/{payment}/share/stop/                              uy - ---y -- xxxx y- xx xx
GET    /invoices/{invoice}/                                         uy - ---y -- xxxx y- xx xx
GET    /invoices/{invoice}/invoice.pdf                              uy - ---y -- xxxx y- xx xx
POST   /invoices/{invoice}/pay/                                     uy - ---y -- xxxx xx xx xx
POST   /invoices/{invoice}/electronic/                              uy - ---y -- xxxx y- xx xx
GET    /receipts/{receipt}/                                         uy - ---y -- xxxx y- xx xx
GET    /receipts/{receipt}/receipt.pdf                              uy - ---y -- xxxx y- xx xx
GET    /inbox/                                                      uy y yyyy yy yyyy yy yy yy
GET    /doctor/                                                     ux x xxxx xx yyyx xx xx xx
GET    /doctor/visits/{encounter}/                                  ux x xxxx xx y--x xx xx xx
POST   /doctor/visits/{encounter}/open/                             ux x xxxx xx y--x xx xx xx
POST   /doctor/visits/{encounter}/start/                            ux x xxxx xx y--x xx xx xx
POST   /doctor/visits/{encounter}/finish/                           ux x xxxx xx y--x xx xx xx
GET    /doctor/visits/{encounter}/hand-over/                        ux x xxxx xx y--x xx xx xx
POST   /doctor/visits/{encounter}/hand-over/                        ux x xxxx xx c--x xx xx xx
GET    /doctor/visits/{encounter}/given/                            ux x xxxx xx ---x xx xx xx
GET    /hospital/                                                   ux x xxxx xx xxxx yy xx xx
GET    /hospital/day/                                               ux x xxxx xx xxxx yy xx xx
GET    /hospital/day/?day=2031-03-25                                ux x xxxx xx xxxx yy xx xx
GET    /hospital/queue/                                             ux x xxxx xx xxxx yy xx xx
GET    /hospital/queue/walk-in/                                     ux x xxxx xx xxxx yy xx xx
GET    /hospital/screens/                                           ux x xxxx xx xxxx yy xx xx
POST   /line/{schedule}/next/                                       ux x xxxx xx y--x y- xx xx
POST   /hospital/appointments/{appointment}/check-in/               ux x xxxx xx xxxx y- xx xx
GET    /hospital/policy/                                             ux x xxxx xx xxxx yy xx xx
GET    /hospital/pilots/                                             ux x xxxx xx xxxx yy xx xx
GET    /hospital/visit-types/                                        ux x xxxx xx xxxx yy xx xx
GET    /hospital/invoices/                                          ux x xxxx xx xxxx yy xx xx
GET    /hospital/visits/{appointment}/money/                        ux x xxxx xx xxxx y- xx xx
POST   /hospital/visits/{appointment}/money/bill/                   ux x xxxx xx xxxx y- xx xx
POST   /hospital/visits/{appointment}/money/deposit/                ux x xxxx xx xxxx y- xx xx
GET    /hospital/bills/{bill}/                                      ux x xxxx xx xxxx y- xx xx
POST   /hospital/bills/{bill}/lines/                                ux x xxxx xx xxxx y- xx xx
POST   /hospital/bills/lines/{bill_line}/                           ux x xxxx xx xxxx y- xx xx
POST   /hospital/bills/{bill}/insurance/                            ux x xxxx xx xxxx y- xx xx
POST   /hospital/bills/{bill}/issue/                                ux x xxxx xx xxxx y- xx xx
POST   /hospital/bills/{bill}/drop/                                 ux x xxxx xx xxxx y- xx xx
POST   /hospital/invoices/{invoice}/ask/                            ux x xxxx xx xxxx y- xx xx
POST   /hospital/invoices/{invoice}/count/                          ux x xxxx xx xxxx y- xx xx
POST   /hospital/invoices/{invoice}/take-back/                      ux x xxxx xx xxxx y- xx xx
POST   /hospital/invoices/{invoice}/replace/                        ux x xxxx xx xxxx y- xx xx
GET    /hospital/statement/                                         ux x xxxx xx xxxx yy xx xx
GET    /hospital/statement/statement.csv                            ux x xxxx xx xxxx yy xx xx
GET    /hospital/statement/statement.pdf                            ux x xxxx xx xxxx yy xx xx
GET    /hospital/prices/                                            ux x xxxx xx xxxx yy xx xx
POST   /hospital/prices/begin/                                      ux x xxxx xx xxxx yy xx xx
GET    /hospital/prices/{price_list}/                               ux x xxxx xx xxxx y- xx xx
GET    /hospital/prices/{price_list}/prices.csv                     ux x xxxx xx xxxx y- xx xx
POST   /hospital/prices/{price_list}/put/                           ux x xxxx xx xxxx y- xx xx
POST   /hospital/prices/{price_list}/take-out/                      ux x xxxx xx xxxx y- xx xx
POST   /hospital/prices/{price_list}/import/                        ux x xxxx xx xxxx y- xx xx
POST   /hospital/prices/{price_list}/publish/                       ux x xxxx xx xxxx y- xx xx
POST   /hospital/prices/{price_list}/drop/                          ux x xxxx xx xxxx y- xx xx
GET    /hospital/connections/                                       ux x xxxx xx xxxx yy xx xx
GET    /hospital/national/                                          ux x xxxx xx xxxx yy xx xx
POST   /hospital/national/again/                                    ux x xxxx xx xxxx yy xx xx
POST   /hospital/national/accounts/                                 ux x xxxx xx xxxx yy xx xx
POST   /hospital/national/{filing}/again/                           ux x xxxx xx xxxx y- xx xx
POST   /hospital/national/{filing}/aside/                           ux x xxxx xx xxxx y- xx xx
POST   /hospital/appointments/{appointment}/undo/                   ux x xxxx xx xxxx y- xx xx
POST   /hospital/appointments/{appointment}/cancel/                 ux x xxxx xx xxxx y- xx xx
GET    /hospital/imports/                                           ux x xxxx xx xxxx yy xx xx
GET    /hospital/exports/hours.csv                                  ux x xxxx xx xxxx yy xx xx
GET    /hospital/exports/visits.csv                                 ux x xxxx xx xxxx yy xx xx
GET    /hospital/schedules/{schedule}/calendars/                    ux x xxxx xx xxxx y- xx xx
GET    /doctor/calendars/                                           ux x xxxx xx yyyx xx xx xx
GET    /profile/calendars/                                          uy y yyyy yy xxxx xx xx xx
GET    /hospital/schedules/{schedule}/                              ux x xxxx xx xxxx y- xx xx
POST   /hospital/schedules/{schedule}/hours/add/                    ux x xxxx xx xxxx y- xx xx
POST   /hospital/schedules/{schedule}/settings/                     ux x xxxx xx xxxx y- xx xx
GET    /station/                                                    ux x xxxx xx xxxy xx xx xx
POST   /station/find/                                               ux x xxxx xx xxxi xx xx xx
POST   /station/welcome/                                            ux x xxxx xx xxx- xx xx xx
POST   /station/new/                                                ux x xxxx xx xxxi xx xx xx
GET    /station/people/{person}/ask/                                ux x xxxx xx xxx- xx xx xx
POST   /station/people/{person}/ask/                                ux x xxxx xx xxx- xx xx xx
POST   /station/people/{person}/take/                               ux x xxxx xx xxx- xx xx xx
GET    /station/visits/{encounter}/                                 ux x xxxx xx xxx- xx xx xx
GET    /operator/drugs/                                             ux x xxxx xx xxxx xx xx xy
POST   /operator/drugs/                                             ux x xxxx xx xxxx xx xx xi
GET    /doctor/statistics/                                          ux x xxxx xx yyyx xx xx xx
GET    /doctor/statistics.csv                                       ux x xxxx xx yyyx xx xx xx
GET    /hospital/statistics/                                        ux x xxxx xx xxxx yy xx xx
GET    /hospital/statistics.csv                                     ux x xxxx xx xxxx yy xx xx
GET    /ministry/statistics/                                        ux x xxxx xx xxxx xx xx yx
GET    /ministry/statistics.csv                                     ux x xxxx xx xxxx xx xx yx
GET    /operator/statistics/                                        ux x xxxx xx xxxx xx xx xy
GET    /operator/statistics.csv                                     ux x xxxx xx xxxx xx xx xy
GET    /pharmacy/                                                   ux x xxxx xx xxxx xx yy xx
GET    /pharmacy/national/                                          ux x xxxx xx xxxx xx yy xx
POST   /pharmacy/national/accounts/                                 ux x xxxx xx xxxx xx yy xx
POST   /pharmacy/national/{filing}/again/                           ux x xxxx xx xxxx xx -- xx
GET    /pharmacy/prescriptions/{prescription}/                      ux x xxxx xx xxxx xx y- xx
POST   /pharmacy/prescriptions/{prescription}/accept/               ux x xxxx xx xxxx xx y- xx
POST   /pharmacy/prescriptions/{prescription}/dispense/             ux x xxxx xx xxxx xx y- xx
POST   /pharmacy/prescriptions/{prescription}/return/               ux x xxxx xx xxxx xx -- xx
GET    /pharmacy/asked/                                             ux x xxxx xx xxxx xx yy xx
POST   /pharmacy/asked/answer/                                      ux x xxxx xx xxxx xx y- xx
POST   /pharmacy/asked/rule/                                        ux x xxxx xx xxxx xx yy xx
GET    /pharmacy/stock/                                             ux x xxxx xx xxxx xx yy xx
GET    /pharmacy/stock/receive/                                     ux x xxxx xx xxxx xx yy xx
GET    /pharmacy/stock/changes/                                     ux x xxxx xx xxxx xx yy xx
POST   /pharmacy/stock/import/                                      ux x xxxx xx xxxx xx yy xx
POST   /pharmacy/stock/correct/                                     ux x xxxx xx xxxx xx -- xx
POST   /pharmacy/stock/low-mark/                                    ux x xxxx xx xxxx xx yy xx
GET    /pharmacy/sales/                                             ux x xxxx xx xxxx xx yy xx
GET    /pharmacy/by-id/                                             ux x xxxx xx xxxx xx yy xx
POST   /pharmacy/by-id/                                             ux x xxxx xx xxxx xx yy xx
POST   /pharmacy/scan/                                              ux x xxxx xx xxxx xx ii xx
GET    /pharmacy/handed-out/{allergy}/receipt/                      ux x xxxx xx xxxx xx -- xx
GET    /pharmacy/handed-out/{allergy}/labels/                       ux x xxxx xx xxxx xx -- xx
"""


def rows() -> list[tuple[str, str, str]]:
    """The table as (method, address, letters)."""
    found = []
    for line in TABLE.strip().splitlines():
        method, address, letters = line.split(maxsplit=2)
        found.append((method, address, letters.replace(" ", "")))
    return found


# What a door would take from its owner, so that what is refused is the person and not the wish. {names} are filled in.
WISHES: dict[str, dict[str, Any]] = {
    "PATCH /api/v1/encounters/{encounter}": {"version": "{version}", "plan": "x"},
    "POST /api/v1/people/{person}/record/allergies": {"substance": "Aspirin"},
    "POST /api/v1/people/{person}/record/observations": {"values": [{"code": "8867-4", "value": "70"}]},
    "POST /api/v1/encounters/{encounter}/vitals": {"values": [{"code": "8867-4", "value": "70"}]},
    "POST /doctor/visits/{encounter}/open/": {"reason": "Đã khám trực tiếp"},
    "POST /station/welcome/": {
        "person": "{person}",
        "number": "0912345678",
        "born_on": "1990-05-04",
        "identified_by": "card",
        "agreed": "on",
    },
    "POST /station/people/{person}/take/": {
        "reason": "x",
        "time": "{schedule}|{visit_type}|2031-03-27T08:00:00+07:00",
    },
    "POST /api/v1/rooms/{room}/invites": {"name": "Trần Thị Lan", "kind": "interpreter", "phone": "0912345678"},
    "PATCH /api/v1/me/people/{person}": {"address": "1 Hàng Bài"},
    "POST /api/v1/recordings/{recording}/answer": {"answer": "delete"},
    "POST /recordings/{recording}/answer/": {"answer": "delete"},
    "POST /api/v1/rooms/{room}/consent": {"what": "remote_visit", "given": True, "version": VERSION},
    "POST /api/v1/rooms/{room}/device-check": {"camera": "ok", "microphone": "ok"},
    "POST /api/v1/encounters/{encounter}/hand-overs": {"colleague": "{person}", "why": "x"},
    "POST /doctor/visits/{encounter}/hand-over/": {"colleague": "{person}", "why": "x"},
    "POST /api/v1/payments": {"subject": "appointment:{appointment}", "gateway": "sandbox"},
    "POST /api/v1/payments/{payment}/refunds": {"reason": "x"},
    "POST /hospital/cash/open/": {"float": "100.000"},
    "POST /hospital/cash/payments/{payment}/take/": {"given": "500.000"},
    "POST /hospital/cash/payments/{payment}/refund/": {"amount": "1.000", "reason": "Thu thừa"},
    "POST /hospital/money/refunds/{refund}/decide/": {"answer": "approve"},
    "POST /hospital/money/refunds/limit/": {"amount": "100.000"},
    "POST /hospital/money/refunds/limit/{limit}/decide/": {"answer": "confirm"},
    "POST /hospital/money/credits/{credit}/pay-out/": {"way": "transfer", "transfer_reference": "FT9"},
    "POST /hospital/money/differences/{difference}/settle/": {"way": "look", "note": "Hỏi ngân hàng"},
    "POST /hospital/transfers/{bank_line}/assign/": {"payment": "{payment}"},
    "POST /hospital/transfers/{bank_line}/settle/": {"how": "returned", "note": "FT9"},
    "POST /api/v1/remote-wishes/{wish}/open": {"reason": "Đã khám trực tiếp"},
    "POST /api/v1/prescriptions": {"encounter": "{encounter}"},
    "POST /api/v1/prescriptions/{prescription}/cancel": {"reason": "mistake"},
    "PUT /api/v1/prescriptions/{prescription}/parts": {"parts": []},
    "POST /api/v1/prescriptions/{prescription}/route": {"pharmacy": "{pharmacy}"},
    "POST /api/v1/prescribing/favourites": LINE,
    "POST /api/v1/prescribing/sets": {"name": "Viêm họng", "lines": [LINE]},
    "POST /api/v1/prescribing/snippets": {"text": "Uống nhiều nước"},
    "POST /api/v1/prescriptions/{prescription}/inquiries": {
        "latitude": 21.0285,
        "longitude": 105.8542,
        "include_closed": True,
    },
    "POST /api/v1/dispensing/inquiries/{answer}/answer": {
        "lines": [{"line": "{line}", "quantity": 1, "unit_price": 900}],
        "ready_at": "{soon}",
    },
    "POST /prescriptions/{prescription}/who-has-it/reserve/": {"answer": "{answer}"},
    "POST /prescriptions/{prescription}/who-has-it/withdraw/": {"inquiry": "{inquiry}"},
    "POST /prescriptions/{prescription}/who-has-it/take-back/": {"reservation": "{allergy}"},
    "POST /prescriptions/{prescription}/remind/": {"wanted": "yes"},
    "POST /pharmacy/asked/answer/": {"answer": "{answer}", "then": "refuse"},
    "POST /pharmacy/asked/rule/": {"automatic": "on", "ready_in": "30"},
    "POST /pharmacy/stock/correct/": {"lot": "{allergy}", "quantity": "1", "reason": "counted"},
    "POST /pharmacy/by-id/": {"national_id": "001190012345", "then": "send"},
    "POST /api/v1/dispensing/{prescription}/return": {"reason": "patient_left"},
    "POST /api/v1/dispensing/{prescription}/dispense": {
        "secret": "guessed",
        "items": [{"item": "{item}", "quantity": 1, "lot": "A"}],
    },
    "POST /api/v1/dispensing/{prescription}/complete": {"secret": "guessed"},
    "PATCH /api/v1/schedules/{schedule}": {"room": "13"},
    "POST /api/v1/schedules/{schedule}/exceptions": {
        "starts_at": "2031-03-27T08:00:00+07:00",
        "ends_at": "2031-03-27T12:00:00+07:00",
        "kind": "closed",
    },
    "POST /api/v1/schedules/{schedule}/calendars": {"url": "https://calendar.example.com/a.ics"},
    "POST /api/v1/calendar-links": {"person": "{person}"},
    "POST /api/v1/queue/call-next": {"schedule": "{schedule}"},
    "POST /api/v1/walk-ins": {
        "schedule": "{schedule}",
        "visit_type": "{visit_type}",
        "person": {"full_name": "Phạm Long", "born_on": "1979-03-02"},
    },
    "POST /prescriptions/{prescription}/pharmacy/": {"pharmacy": "{pharmacy}"},
    "POST /prescriptions/{prescription}/cancel/": {"reason": "mistake"},
    "POST /pharmacy/prescriptions/{prescription}/return/": {"reason": "patient_left"},
    "POST /hospital/visits/{appointment}/money/deposit/": {"amount": "500.000"},
    "POST /hospital/bills/{bill}/lines/": {"name": "Sao bệnh án", "price": "20.000", "quantity": "1"},
    "POST /hospital/bills/lines/{bill_line}/": {"act": "off"},
    "POST /hospital/bills/{bill}/insurance/": {"card": "GD4010123456789", "visit_object": "1.1"},
    "POST /hospital/invoices/{invoice}/count/": {"payment": "{payment}"},
    "POST /hospital/invoices/{invoice}/take-back/": {"reason": "Khách không đến"},
    "POST /hospital/invoices/{invoice}/replace/": {"reason": "Sai tên"},
    "POST /hospital/prices/begin/": {"first_day": "2031-01-01"},
    "POST /hospital/prices/{price_list}/put/": {
        "code": "KB01",
        "name_vi": "Khám nội",
        "category": "insured",
        "amount": "150000",
    },
    "POST /hospital/prices/{price_list}/take-out/": {"code": "KB02"},
    "POST /hospital/national/accounts/": {"kind": "facility", "account": "79999", "password": "x"},
    "POST /hospital/national/{filing}/aside/": {"note": "Đã nhập trên cổng"},
    "POST /pharmacy/national/accounts/": {"kind": "application", "account": "quay", "password": "x"},
    "POST /record/allergies/add/?person={person}": {"substance": "Aspirin", "person": "{person}"},
}
WATCHED = (
    "booking_remotewish", "booking_appointment", "booking_schedule", "booking_rule", "booking_closure",
    "records_encounter", "records_handover", "records_diagnosis", "records_allergy", "records_observation",
    "prescriptions_prescription", "prescriptions_item", "prescriptions_acceptance", "prescriptions_dispense",
    "prescriptions_filing", "prescriptions_nationalaccount",
    "prescriptions_inquiry", "prescriptions_pharmacyanswer", "prescriptions_reservation", "prescriptions_lot",
    "prescriptions_countercode", "prescriptions_codemessage", "prescriptions_dosereminder",
    "payments_payment", "payments_refund", "payments_refundlimit", "payments_dispute",
    "payments_entry", "payments_bankline", "payments_bankstatement",
    "payments_cashshift", "payments_cashmovement", "payments_credit", "payments_reconciliation", "payments_difference",
    "payments_invoice", "payments_chargeditem", "payments_receipt", "payments_einvoice", "payments_paylink",
    "payments_pricelist", "payments_priceitem",
    "realtime_room", "realtime_seat", "realtime_evidencerow", "realtime_chatline",
    "identity_person", "identity_delegation", "identity_arrival", "records_attendee",
)  # fmt: skip

LOOK = " UNION ALL ".join(
    f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t.id), '')) FROM {table} t" for table in WATCHED
)


def picture() -> dict[str, str]:
    """One number for each table that says something about people."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK)
        return dict(cursor.fetchall())


def filled(wish: Any, names: dict[str, Any]) -> Any:
    if isinstance(wish, dict):
        return {key: filled(value, names) for key, value in wish.items()}
    if isinstance(wish, list):
        return [filled(value, names) for value in wish]
    if wish == "{version}":
        return names["version"]
    return wish.format(**names) if isinstance(wish, str) else wish


def letter_of(answer: Any, method: str, machine: bool) -> str:
    """Translate an answer into the table's letters."""
    if answer.status_code == 302 and ("/sign-in/" in answer.headers["Location"]):
        return "u"
    if method == "GET" and machine and answer.status_code == 200:
        body = answer.json() if "json" in answer.headers["Content-Type"] else None
        if isinstance(body, dict) and (body.get("results") == [] or body.get("total") == 0):
            return "0"
    return MEANING.get(answer.status_code, f"<{answer.status_code}>")


def test_who_may_do_what(told: Story, everybody: dict[str, Any]) -> None:  # noqa: F811
    names = names_of(told)
    doors: dict[tuple[str, bool], Any] = {}
    for role, who in everybody.items():
        doors[role, True] = make.api_client(who)
        doors[role, False] = make.page_client(who) if who is not None else Client()
    wrong, slipped, changed = [], [], []
    before = picture()
    for method, address, letters in rows():
        machine = address.startswith(("/api/", "/fhir/"))
        wish = filled(WISHES.get(f"{method} {address}", {}), names)
        seen = ""
        for role in ROLES:
            with transaction.atomic():
                ask = getattr(doors[role, machine], method.lower())
                answer = ask(address.format(**names)) if method == "GET" else ask(address.format(**names), wish)
                letter = letter_of(answer, method, machine)
                seen += letter
                if letter not in "y" and picture() != before:
                    changed.append(f"{role}: {method} {address} -> {letter}")
                text = answer.content.decode(errors="replace")
                if role not in CLINICAL and not may_know(role, address, letter):
                    slipped += [f"{role}: {method} {address} shows {one!r}" for one in SECRETS if one in text]
                transaction.set_rollback(True)
        if seen != letters:
            wrong.append(f"{method:6} {address}\n    should be {letters}\n    but is    {seen}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert not slipped, "\n".join(slipped)
    assert not changed, "\n".join(changed)


def may_know(role: str, address: str, letter: str) -> bool:
    """Say whether this role meets the reason or diagnosis here by right."""
    if role in {"cara", "collector"}:  # a prescription carries its diagnosis, by law (Circular 26/2025, article 6)
        prescribed = any(
            word in address for word in ("prescription", "dispensing", "MedicationRequest", "Bundle", "Provenance")
        )
        return prescribed and letter == "y"
    return role == "booker" and "appointment" in address.lower() and letter == "y"  # who books writes the reason


def test_another_site_cannot_write_with_the_readers_cookie(told: Story, everybody: dict[str, Any]) -> None:  # noqa: F811
    """Each door that writes asks for the token of our own pages, in whatever role."""
    names, before, open_doors = names_of(told), picture(), []
    for role in ("ana", "ben", "dan", "cara"):
        browser = make.page_client(everybody[role])
        browser.handler.enforce_csrf_checks = True
        for method, address, _letters in rows():
            if method == "GET":
                continue
            wish = filled(WISHES.get(f"{method} {address}", {}), names)
            kind = {"content_type": "application/json"} if address.startswith(("/api/", "/fhir/")) else {}
            answer = getattr(browser, method.lower())(address.format(**names), wish, **kind)
            if answer.status_code != 403:
                open_doors.append(f"{role}: {method} {address} -> {answer.status_code}")
    assert not open_doors, "\n".join(open_doors)
    assert picture() == before


def test_the_table_has_a_letter_for_every_role() -> None:
    assert {len(letters) for _method, _address, letters in rows()} == {len(ROLES)}
    assert len({(method, address) for method, address, _letters in rows()}) == len(rows())
