"""The verbs of booking. Callers say `booking.actions.hold_slot(...)`; the modules are one per noun."""

from booking.actions.appointments import (
    cancel_appointment,
    check_in,
    fulfil,
    link_encounter,
    start_consultation,
    undo_check_in,
)
from booking.actions.calendars import (
    follow_calendar,
    make_calendar_link,
    note_calendar_read,
    read_feed,
    revoke_calendar_link,
    unfollow_calendar,
)
from booking.actions.cut_short import (
    accept_cut_short,
    open_cut_short,
    rebook_cut_short,
    refund_cut_short,
    settle_cut_short,
)
from booking.actions.for_hospitals import book_for_hospital
from booking.actions.gating import terms_at_station
from booking.actions.holding import book_appointment, expire_hold, hold_slot
from booking.actions.hooks import (
    add_hook,
    deliver_hooks,
    forget_deliveries,
    ping_hook,
    remove_hook,
    send_again,
    tell_hooks,
    wake_hooks,
)
from booking.actions.importing import apply_import, begin_import, check_import, confirm_import, note_export
from booking.actions.leaves import (
    choose_time,
    choose_way,
    close_case,
    find_ways,
    give_up_visit,
    settle_case,
    take_leave,
    undo_leave,
)
from booking.actions.moving import complete_move, confirm_paid, move_appointment, price_of_move, swap_late
from booking.actions.no_shows import answer_appeal, appeal, record_no_show, undo_no_show
from booking.actions.offering import decline_offer, look_for, offer_place, pass_offer_on, settle_offer, take_offer
from booking.actions.policies import put_policy
from booking.actions.queue import (
    bring_back,
    call_next,
    follow_the_visit,
    say_leave_now,
    set_priority,
    walk_in,
)
from booking.actions.queue import call as call_ticket
from booking.actions.queue import finish as finish_ticket
from booking.actions.queue import leave as leave_line
from booking.actions.queue import skip as skip_ticket
from booking.actions.queue import start as start_ticket
from booking.actions.queue import transfer as transfer_ticket
from booking.actions.queue import undo as undo_ticket
from booking.actions.reminding import (
    confirm_appointment,
    confirm_by_link,
    give_up_by_link,
    plan_reminders,
    remind,
)
from booking.actions.remote import (
    ask_for_remote,
    decline_remote,
    open_remote,
)
from booking.actions.reshaping import change_rules, copy_rules, copy_week, move_closure, move_rule
from booking.actions.schedules import (
    add_closure,
    add_rule,
    add_schedule,
    change_rule,
    change_schedule,
    reckon_again,
    remove_closure,
    remove_rule,
)
from booking.actions.screens import add_screen, arrive_by_code, arrive_by_phone, revoke_screen
from booking.actions.series import book_series, cancel_series, hold_series, release_series
from booking.actions.taking_back import undo
from booking.actions.urgent import (
    accept_ask,
    ask_for_someone_now,
    decline_ask,
    needs_reason,
    start_on_call,
    stop_on_call,
    turn_ask,
    withdraw_ask,
)
from booking.actions.waiting import expire_waiting, join_waiting_list, leave_waiting_list

__all__ = [
    "accept_ask",
    "accept_cut_short",
    "add_closure",
    "add_hook",
    "add_rule",
    "add_schedule",
    "add_screen",
    "answer_appeal",
    "appeal",
    "apply_import",
    "arrive_by_code",
    "arrive_by_phone",
    "ask_for_remote",
    "ask_for_someone_now",
    "begin_import",
    "book_appointment",
    "book_for_hospital",
    "book_series",
    "bring_back",
    "call_next",
    "call_ticket",
    "cancel_appointment",
    "cancel_series",
    "change_rule",
    "change_rules",
    "change_schedule",
    "check_import",
    "check_in",
    "choose_time",
    "choose_way",
    "close_case",
    "complete_move",
    "confirm_appointment",
    "confirm_by_link",
    "confirm_import",
    "confirm_paid",
    "copy_rules",
    "copy_week",
    "decline_ask",
    "decline_offer",
    "decline_remote",
    "deliver_hooks",
    "expire_hold",
    "expire_waiting",
    "find_ways",
    "finish_ticket",
    "follow_calendar",
    "follow_the_visit",
    "forget_deliveries",
    "fulfil",
    "give_up_by_link",
    "give_up_visit",
    "hold_series",
    "hold_slot",
    "join_waiting_list",
    "leave_line",
    "leave_waiting_list",
    "link_encounter",
    "look_for",
    "make_calendar_link",
    "move_appointment",
    "move_closure",
    "move_rule",
    "needs_reason",
    "note_calendar_read",
    "note_export",
    "offer_place",
    "open_cut_short",
    "open_remote",
    "pass_offer_on",
    "ping_hook",
    "plan_reminders",
    "price_of_move",
    "put_policy",
    "read_feed",
    "rebook_cut_short",
    "reckon_again",
    "record_no_show",
    "refund_cut_short",
    "release_series",
    "remind",
    "remove_closure",
    "remove_hook",
    "remove_rule",
    "revoke_calendar_link",
    "revoke_screen",
    "say_leave_now",
    "send_again",
    "set_priority",
    "settle_case",
    "settle_cut_short",
    "settle_offer",
    "skip_ticket",
    "start_consultation",
    "start_on_call",
    "start_ticket",
    "stop_on_call",
    "swap_late",
    "take_leave",
    "take_offer",
    "tell_hooks",
    "terms_at_station",
    "transfer_ticket",
    "turn_ask",
    "undo",
    "undo_check_in",
    "undo_leave",
    "undo_no_show",
    "undo_ticket",
    "unfollow_calendar",
    "wake_hooks",
    "walk_in",
    "withdraw_ask",
]
